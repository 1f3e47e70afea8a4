"""What an agent is handed: `search_manuals`, `read_pages`, and `find_machine` with a directory.

Built once by `build_tools`; which machine and language a call is about comes with the agent's
runtime context. Wrong input from a model yields a sentence, never an error.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, runtime_checkable

from langchain.tools import ToolRuntime, tool
from langchain_core.tools import BaseTool

from tools.index import Index
from tools.library import Library
from tools.machines import MachineDirectory, MachineMatch
from tools.markup import neutral
from tools.passages import Passage

NOTHING_FOUND = "No passage found."

_MOST_PAGES = 4
_ATTRIBUTE = str.maketrans({'"': "'", "<": "(", ">": ")", "\n": " "})


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What a search is restricted to: a machine code or None, a language, how many passages."""

    machine: str | None
    language: str
    k: int


@runtime_checkable
class Scoped(Protocol):
    """A runtime context that says what its searches are about."""

    @property
    def scope(self) -> SearchScope:
        """Return the scope of the searches made in this run of the agent."""
        ...


def build_tools(
    index: Index, library: Library, machines: MachineDirectory | None
) -> list[BaseTool]:
    """Return the tools of an agent; without a directory of machines none mentions them."""
    tools = [_search_tool(index), _pages_tool(index, library)]
    return tools if machines is None else [*tools, _machine_tool(machines)]


async def look_up(index: Index, query: str, scope: SearchScope) -> str:
    """Return the best passages for the words, in any language where the scope's has none."""
    found = await index.search(
        query, k=scope.k, machine=scope.machine, language=scope.language or None
    )
    if not found:
        found = await index.search(query, k=scope.k, machine=scope.machine)
    return show([hit.passage for hit in found])


def show(passages: Sequence[Passage]) -> str:
    """Return the passages as an agent reads them, with the ids it cites them by."""
    return "\n".join(map(_shown, passages)) or NOTHING_FOUND


def _search_tool(index: Index) -> BaseTool:
    @tool
    async def search_manuals(
        query: Annotated[str, "The words to look for, in the language of the question."],
        runtime: ToolRuntime[Scoped, Any],
    ) -> str:
        """Search the manuals; returns the best passages with their ids."""
        return await look_up(index, query, runtime.context.scope)

    return search_manuals


def _pages_tool(index: Index, library: Library) -> BaseTool:
    @tool
    async def read_pages(
        document: Annotated[str, "The document, as a passage names it."],
        first: Annotated[int, "The number of the first page."],
        last: Annotated[int, "The number of the last page."],
    ) -> str:
        """Read pages of a document, four at most; returns their passages with their ids."""
        known = next((each for each in library.documents if each.path == document.strip()), None)
        if known is None:
            return f"There is no document {document}: name one as the passages name it."
        first = max(first, 1)
        last = min(last, first + _MOST_PAGES - 1)
        if passages := await index.pages(known.path, first, last):
            return show(passages)
        return f"{known.path} has {len(known.pages)} pages; there is nothing on {first} to {last}."

    return read_pages


def _machine_tool(machines: MachineDirectory) -> BaseTool:
    @tool
    async def find_machine(name: Annotated[str, "The name or code to look up."]) -> str:
        """Find which machine a name, a code or a misspelt name means."""
        matches = await machines.find(name)
        return "\n".join(map(_described, matches)) or f"No machine is called {name} or nearly so."

    return find_machine


def _shown(passage: Passage) -> str:
    first, last = passage.pages
    attributes = {
        "id": passage.id,
        "document": passage.document,
        "section": " › ".join(passage.section),
        "pages": str(first) if first == last else f"{first}-{last}",
    }
    inside = " ".join(f'{key}="{value.translate(_ATTRIBUTE)}"' for key, value in attributes.items())
    return f"<passage {inside}>\n{neutral(passage.text)}\n</passage>"


def _described(match: MachineMatch) -> str:
    machine = match.machine
    aliases = f", also called {', '.join(machine.aliases)}" if machine.aliases else ""
    sure = "" if match.confidence == 1.0 else " (not certain)"
    return f"{machine.name}, code {machine.code}{aliases}{sure}"
