"""The folder and the labelled questions that `bench.distractors` measures on."""

from __future__ import annotations

import asyncio
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bench.folding import folded
from bench.poison import Labelled, Span
from tools.documents import Document, read_folder
from tools.machines import Machine
from tools.machines_csv import CsvMachineDirectory, find_directory_file
from tools.passages import Passage, split


class QuestionsError(Exception):
    """A line of the questions cannot be used; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Folder:
    """The manuals of a folder as passages, and the machines they are about."""

    documents: dict[str, Document]
    passages: tuple[Passage, ...]
    machines: tuple[Machine, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A labelled question, the passages that its span touches, and how its poison is judged."""

    text: str
    answer: str
    quote: str
    document: str
    start: int
    end: int
    oracles: tuple[Passage, ...]
    labelled: Labelled

    @property
    def key(self) -> str:
        """What its choice and order are seeded by."""
        return f"{self.document}\0{self.start}\0{self.end}\0{self.text}"


async def read_manuals(path: Path) -> Folder:
    """Return the folder's manuals, each with its machine where machines.csv names one.

    Raises:
        DocumentError: there is no such folder.
    """
    found, _ = await asyncio.to_thread(read_folder, path)
    file = find_directory_file(path)
    if file is None:
        documents, machines = found, ()
    else:
        directory = CsvMachineDirectory(file)
        owners = [await directory.machine_of(document.path) for document in found]
        documents = [
            replace(document, machine=owner.code) if owner else document
            for document, owner in zip(found, owners, strict=True)
        ]
        machines = tuple(await directory.machines())
    passages = tuple(passage for document in documents for passage in split(document))
    return Folder({document.path: document for document in documents}, passages, machines)


def read_questions(path: Path, folder: Folder) -> list[Question]:
    """Return the questions of a JSONL file whose span lies on a passage.

    Raises:
        QuestionsError: a line is no question, or its span is not in its document.
    """
    lines = list(_lines(path, folder))
    spans: defaultdict[str, list[Span]] = defaultdict(list)
    for line in lines:
        span = line["document"], line["start"], line["end"]
        for key in {folded(line["question"]), folded(_text(line, folder))}:
            spans[key].append(span)
    questions = [_question(line, folder, spans) for line in lines]
    return [question for question in questions if question.oracles]


def _lines(path: Path, folder: Folder) -> Iterator[dict[str, Any]]:
    for number, text in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if not text.strip():
            continue
        try:
            line = json.loads(text)
            size = len(folder.documents[line["document"]].text)
            fits = bool(line["question"].strip()) and 0 <= line["start"] < line["end"] <= size
        except (ValueError, TypeError, AttributeError) as error:
            raise QuestionsError(
                f"{path}, line {number}: this is no question ({error})."
            ) from error
        except KeyError as error:
            raise QuestionsError(
                f"{path}, line {number}: {error} is missing, or no document of the folder."
            ) from error
        if not fits:
            raise QuestionsError(
                f"{path}, line {number}: the question is empty, or its span is not in the "
                f"{size} characters of {line['document']}."
            )
        yield line


def _question(line: dict[str, Any], folder: Folder, spans: dict[str, list[Span]]) -> Question:
    document, start, end = line["document"], line["start"], line["end"]
    quote = _text(line, folder)
    answer = str(line.get("answer") or quote)
    oracles = tuple(
        passage
        for passage in folder.passages
        if passage.document == document and passage.start < end and start < passage.end
    )
    same = {*spans[folded(line["question"])], *spans[folded(quote)]} - {(document, start, end)}
    names = _names(folder.documents[document].machine, folder.machines)
    labelled = Labelled(
        _without(line["question"], names),
        _without(answer, names),
        oracles[0].language if oracles else "",
        _named(line["question"], folder.documents[document].machine, folder.machines),
        tuple(sorted(same)),
    )
    return Question(line["question"], answer, quote, document, start, end, oracles, labelled)


def _names(code: str | None, machines: Sequence[Machine]) -> tuple[str, ...]:
    own = next((machine for machine in machines if machine.code == code), None)
    return (own.name, own.code, *own.aliases) if own else ()


def _named(question: str, code: str | None, machines: Sequence[Machine]) -> str | None:
    """Return the code where the question says a name of this machine, and of no other one."""
    rest = _without(question, _names(code, machines))
    others = [name for machine in machines for name in _names(machine.code, machines)]
    return code if rest != question and _without(rest, others) == rest else None


def _without(text: str, names: Sequence[str]) -> str:
    """Return the text without the machine's names, whose numbers are no values."""
    for name in sorted(names, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", " ", text, flags=re.IGNORECASE)
    return text


def _text(line: dict[str, Any], folder: Folder) -> str:
    return folder.documents[line["document"]].text[line["start"] : line["end"]]
