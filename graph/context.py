"""Context: the live parts of a run, in one typed value that every node gets from its runtime."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from agents.answerer import Answerer
from agents.call import RoleModel
from agents.calls import Calls
from agents.critic import Critic
from agents.generator import Generator
from agents.prices import Price
from checks.names import Naming, naming
from graph.brief import Brief
from graph.ledger import Ledger
from graph.plan import windows
from graph.progress import Emit, Teller
from graph.state import Window
from graph.tracing import Tracing
from prompts.templates import Part, Prompts, Source
from tools.documents import Document, overlapping
from tools.index import Index
from tools.kept_vectors import KeptVectors
from tools.library import DOCUMENTS, MACHINES_KEPT, Library, read_machines, write_machines
from tools.machines import Machine, MachineDirectory
from tools.patience import Patience
from tools.questions_file import EvaluationQuestion, kept_questions
from tools.search import build_tools, look_up
from training.recipe import Recipe


class Helpers(Protocol):
    """Other processes that farm the candidates of a run beside this one."""

    async def begin(self) -> None:
        """Let them begin, unless they have."""
        ...

    async def end(self) -> None:
        """Let them finish what they are at, and wait for that."""
        ...

    async def stop(self) -> None:
        """Let them finish the calls that they have in flight, and wait for that."""
        ...


@dataclass
class Context:
    """What a run works with; built at the edge by `app/opening.py`, closed by whoever built it.

    `models` by role; `concurrency` is how many calls are in flight at first; `child_env` is the
    environment of training processes; `session` is what the ledger calls this process;
    `question_vectors` are there when the brief compares questions by meaning; a run that `replays`
    trains nothing. `emit` carries the outer graph's stream writer inside.
    """

    run: Path
    brief: Brief
    prompts: Prompts
    models: Mapping[str, RoleModel]
    calls: Calls
    ledger: Ledger
    index: Index
    machines: MachineDirectory | None
    recipe: Recipe | None
    concurrency: int
    child_env: Mapping[str, str]
    patience: Patience
    tracing: Tracing
    session: str = ""
    helpers: Helpers | None = None
    question_vectors: KeptVectors | None = None
    replays: bool = False
    prices: Mapping[str, Price] = field(default_factory=dict[str, Price])
    emit: Emit | None = None
    _known: Sequence[Machine] | None = field(default=None, init=False)
    _siblings: Mapping[str, Sequence[Machine]] | None = field(default=None, init=False)
    _named: dict[str | None, Naming] = field(default_factory=dict[str | None, Naming], init=False)

    def __post_init__(self) -> None:
        """Let waiting for a service be seen."""
        self.patience.on_wait = self._say_waiting

    @cached_property
    def library(self) -> Library:
        """The normalised documents, as `ingest` wrote them."""
        return Library.open(self.run / DOCUMENTS)

    @cached_property
    def evaluation_questions(self) -> list[EvaluationQuestion]:
        """The questions that the tuned model will be tested with; no row may be near one."""
        return kept_questions(self.run)

    @cached_property
    def windows(self) -> list[Window]:
        """Every window that the brief allows, in the order that the seed decides."""
        return windows(self.library.documents, self.brief)

    @cached_property
    def window_by_id(self) -> Mapping[str, Window]:
        """The same windows by their ids."""
        return {window.id: window for window in self.windows}

    @cached_property
    def windows_of(self) -> Mapping[str, Sequence[Window]]:
        """The same windows by the id of their document."""
        found: dict[str, list[Window]] = {}
        for window in self.windows:
            found.setdefault(window.document_id, []).append(window)
        return found

    @cached_property
    def generator(self) -> Generator:
        """The generator."""
        return Generator(self.models["generator"], self.calls, self.prompts)

    @cached_property
    def critic(self) -> Critic:
        """The critic."""
        analyses = self.brief.critic_analyses
        return Critic(self.models["critic"], self.calls, self.prompts, analyses)

    @cached_property
    def answerer(self) -> Answerer:
        """The answerer with its tools; the agent is built once."""
        tools = build_tools(self.index, self.library, self.machines)
        search = partial(look_up, self.index)
        return Answerer(self.models["answerer"], self.calls, self.prompts, tools, search)

    @cached_property
    def teller(self) -> Teller:
        """Who tells how the run goes on, as long as this process lives."""
        return Teller(self)

    async def machine(self, code: str | None) -> Machine | None:
        """Return the machine with this code."""
        return next((m for m in await self.known_machines() if m.code == code), None)

    async def naming(self, code: str | None) -> Naming:
        """Return what the machine with this code may be called, and what the others are."""
        if code not in self._named:
            self._named[code] = naming(await self.machine(code), await self.known_machines())
        return self._named[code]

    async def siblings(self, code: str | None) -> Sequence[Machine]:
        """Return the other machines of the family that the documents are about."""
        return (await self.all_siblings()).get(code or "", ())

    async def all_siblings(self) -> Mapping[str, Sequence[Machine]]:
        """Return the siblings of every machine, by its code."""
        if self._siblings is None:
            known = await self.known_machines()
            present = {document.machine for document in self.library.documents}
            families: dict[str, list[Machine]] = {}
            for machine in known:
                if machine.family and machine.code in present:
                    families.setdefault(machine.family, []).append(machine)
            self._siblings = {
                own.code: [m for m in families.get(own.family or "", ()) if m.code != own.code]
                for own in known
            }
        return self._siblings

    async def known_machines(self) -> Sequence[Machine]:
        """Return every machine as it was called when the run first asked.

        Kept in the run folder: a name that changes under a run must not change rows halfway.
        """
        if self._known is None:
            kept = self.run / MACHINES_KEPT
            if self.machines and not kept.exists():
                write_machines(kept, await self.machines.machines())
            self._known = read_machines(kept)
        return self._known

    async def source(self, window: Window) -> Source:
        """Return what the window shows a model: its text by section and page."""
        document = self.library.document(window.document_id)
        return Source(
            document=document.path,
            language=window.language,
            machine=await self.machine(window.machine),
            parts=_parts(document, window),
        )

    def _say_waiting(self, service: str, seconds: float) -> None:
        if self.emit:
            self.emit({"event": "waiting", "service": service, "seconds": round(seconds, 1)})


def _parts(document: Document, window: Window) -> tuple[Part, ...]:
    """Cut the window where a section or a page begins."""
    start, end = window.start, window.end
    spans = [*overlapping(document.sections, start, end), *overlapping(document.pages, start, end)]
    cuts = {span.start for span in spans if start < span.start}
    bounds = [start, *sorted(cuts), end]
    parts: list[Part] = []
    for start, end in pairwise(bounds):
        text = document.text[start:end].strip()
        if text:
            page = overlapping(document.pages, start, start + 1)[0]
            path = next((s.path for s in overlapping(document.sections, start, start + 1)), ())
            parts.append(Part(page.number, path, text))
    return tuple(parts)
