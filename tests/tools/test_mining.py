"""What could stand beside an oracle is asked for only as far as it is needed."""

from dataclasses import replace

import pytest

from tools.embedded import EmbeddedIndex
from tools.mining import mine
from tools.passages import Passage


def passage(number, text, machine="A"):
    return Passage(
        f"p{number}", "d", "d.md", 100 * number, 100 * number + 99, text, (1, 1), (), "en", machine
    )


PASSAGES = [
    passage(0, "The jaw is tightened with a wrench."),
    passage(1, "The jaw of the press is made of steel."),
    passage(2, "A wrench lies in the drawer.", "B"),
    passage(3, "The lamp is lit."),
]


@pytest.fixture
async def index(tmp_path):
    index = EmbeddedIndex(tmp_path)
    await index.fill("test", [PASSAGES])
    return index


async def mined(index, oracle, wanted=2):
    found = mine(index, "How is the jaw tightened?", [oracle], wanted=wanted, language="en")
    return [[hit.passage.id for hit in hits] async for hits in found]


async def test_question_comes_first_and_neighbours_last(index):
    assert await mined(index, PASSAGES[0]) == [["p1", "p1"], [], ["p2"], []]
    assert await mined(index, PASSAGES[2]) == [["p0", "p1"], [], [], ["p3"]]


async def test_own_machine_is_searched_by_itself(index):
    alone = await mined(index, replace(PASSAGES[0], machine=None))
    both = await mined(index, PASSAGES[0])
    assert len(both[0]) == 2 * len(alone[0])
