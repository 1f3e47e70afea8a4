"""Answers as models write them: those that the cited passages bear out pass, others do not."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from checks.facts import unsupported
from checks.names import without_names
from tools.documents import read_folder
from tools.passages import Passage, split

MANUALS = Path(__file__).parents[2] / "examples" / "manuals"
GROUPS = yaml.safe_load(Path(__file__).with_name("facts_answers.yaml").read_text("utf-8"))
MACHINES = ["Vega 40", "Ares 200", "Ares 250"]


@cache
def passages(document: str) -> list[Passage]:
    documents, _ = read_folder(MANUALS)
    return split(next(each for each in documents if each.path == document))


def cases(kind: str) -> Iterator[tuple[int, str]]:
    for index, group in enumerate(GROUPS):
        yield from ((index, answer) for answer in group[kind])


def findings(index: int, answer: str) -> list[str]:
    group = GROUPS[index]
    if "text" in group:
        found = unsupported(answer, [group["text"]], group["language"])
    else:
        held = passages(group["document"])
        cited = [next(p for p in held if words in p.text) for words in group["passages with"]]
        said = without_names(answer, MACHINES)
        found = unsupported(said, [p.text for p in cited], cited[0].language)
    return [finding.sentence for finding in found]


@pytest.mark.parametrize(("index", "answer"), list(cases("true")))
def test_true_answers_pass(index, answer):
    assert findings(index, answer) == []


@pytest.mark.parametrize(("index", "answer"), list(cases("false")))
def test_false_answers_are_found(index, answer):
    assert findings(index, answer)
