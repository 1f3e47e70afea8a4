"""The hardest safe passages are chosen, told apart, and set in a seeded order."""

from collections import Counter
from dataclasses import replace

import pytest

from checks.distractors import Answered, arrange, choose
from tools.index import Hit
from tools.passages import Passage

QUOTE = "The sealing jaw of the press must be tightened to 24 Nm with a torque wrench."
BELT = "The torque of the belt pulley is checked by the press with a gauge every week."
FAMILIES = {"A": "F", "B": "F", "C": None}


def passage(text, *, document="a.md", machine="A", start=0):
    end = start + len(text)
    return Passage(
        f"{document}:{start}", document, document, start, end, text, (1, 1), (), "en", machine
    )


ORACLE = passage(f"# Jaw\n\n{QUOTE}")


def asked(machine="Ares 200", names=("Ares 200", "A")):
    question = f"To what torque must the sealing jaw of the {machine} be tightened?"
    return Answered(question, "To 24 Nm.", (QUOTE,), "en", names)


def chosen(*passages, k=4, given=None, oracle=ORACLE, seed="s"):
    hits = [Hit(each, 10.0 - place, place + 1, "bm25") for place, each in enumerate(passages)]
    placed = choose(given or asked(), [oracle], hits, FAMILIES, k=k, seed=seed)
    return [(each.passage.text, each.relation) for each in placed]


def other_value(machine, document="b.md"):
    return passage(f"# Jaw\n\n{QUOTE.replace('24', '46')}", document=document, machine=machine)


def test_copies_of_the_oracle_are_never_chosen():
    copy = passage(f"Jaws of the Ares 250. {QUOTE} Wear gloves.", document="b.md", machine="B")
    reworded = passage("With a torque wrench, tighten the jaw to 24 N·m.", document="c.md")
    assert chosen(copy, reworded, passage(BELT, start=200)) == [(BELT, "same_machine")]


def test_oracle_and_what_overlaps_it_stay_out():
    assert chosen(ORACLE, passage(BELT, start=10)) == []


@pytest.mark.parametrize(
    ("machine", "relation"), [("B", "sibling_contrast"), ("C", "other_machine")]
)
def test_another_value_stands_beside_a_named_machine(machine, relation):
    contrast = other_value(machine)
    assert chosen(contrast) == [(contrast.text, relation)]


@pytest.mark.parametrize(("part", "found"), [("the part VX-100", 3), ("the part", 0)])
def test_pages_of_one_wording_need_a_code(part, found):
    page = "## Part {0}\n\nThe part {0} is held by 4 screws. Tighten to {1} Nm when it is cold."
    pages = [
        passage(page.format(f"VX-{n}", n), machine=None, start=200 * n) for n in (100, 17, 34, 51)
    ]
    quote = "Tighten to 100 Nm when it is cold."
    given = Answered(f"To what torque must {part} be tightened?", "To 100 Nm.", (quote,), "en")
    assert len(chosen(*pages, given=given, oracle=pages[0])) == found


@pytest.mark.parametrize("machine", ["A", "B", "C", None])
def test_another_value_is_a_second_answer_without_a_name(machine):
    unnamed = asked("press", ())
    assert chosen(other_value(machine), given=unnamed) == []


def test_value_of_the_same_machine_is_a_second_answer():
    assert chosen(other_value("A")) == []


def test_unlisted_document_is_never_told_apart():
    assert chosen(other_value(None)) == []


@pytest.mark.parametrize(
    ("machine", "document", "relation"),
    [
        ("A", "a.md", "same_machine"),
        ("B", "b.md", "sibling"),
        ("C", "c.md", "other_machine"),
        (None, "b.md", "other_document"),
    ],
)
def test_relations_follow_the_directory(machine, document, relation):
    assert chosen(passage(BELT, document=document, machine=machine, start=500)) == [
        (BELT, relation)
    ]


def test_documents_count_without_machines():
    oracle = passage(f"# Jaw\n\n{QUOTE}", machine=None)
    near = passage(BELT, machine=None, start=500)
    assert chosen(near, oracle=oracle) == [(BELT, "same_document")]


def test_repeats_in_one_document_fill_one_place():
    assert len(chosen(*(passage(BELT, start=500 * n) for n in (1, 2, 3)))) == 1


def test_other_texts_go_before_repeats():
    copies = [passage(BELT, document=f"{name}.md", machine="C") for name in "xyz"]
    lamp = passage("The lamp is checked by the press.", start=500)
    found = [text for text, _ in chosen(*copies, lamp, k=3)]
    assert found == [BELT, lamp.text, BELT]


def test_repeats_of_the_oracle_fill_no_place():
    copies = [passage(ORACLE.text, document=f"{name}.md", machine="C") for name in "xyz"]
    assert chosen(*copies) == []


def test_question_about_two_machines_is_open():
    both = asked("Ares 200, unlike that of the Ares 250,")
    assert chosen(other_value("B"), given=both) == [(other_value("B").text, "sibling_contrast")]
    assert chosen(other_value("B"), given=replace(both, others=("Ares 250", "Ares 2500"))) == []


@pytest.mark.parametrize("machine", ["A", None])
@pytest.mark.parametrize("value", ["42", "2.4", "24.5"])
def test_counterfactual_is_never_chosen(machine, value):
    told = passage(f"{BELT} {QUOTE.replace('24', value)}", document="x.md", machine=machine)
    assert chosen(told) == []


def test_best_scores_go_first():
    texts = [f"The {part} is checked by the press." for part in ("lamp", "door", "motor")]
    found = chosen(*(passage(text, start=500 * n) for n, text in enumerate(texts, 1)), k=2)
    assert [text for text, _ in found] == texts[:2]


def test_contrast_goes_before_better_scores():
    texts = [f"The {part} is checked by the press." for part in ("lamp", "door", "motor")]
    passages = [passage(text, start=500 * n) for n, text in enumerate(texts, 1)]
    found = chosen(*passages, other_value("B"), k=2)
    assert [relation for _, relation in found] == ["sibling_contrast", "same_machine"]


def test_equal_scores_are_drawn_by_seed():
    texts = [f"The {part} is checked by the press." for part in ("lamp", "door", "motor")]
    hits = [Hit(passage(t, start=500 * n), 1.0, n, "bm25") for n, t in enumerate(texts, 1)]

    def first(seed):
        (placed,) = choose(asked(), [ORACLE], hits, FAMILIES, k=1, seed=seed)
        return placed.passage.text

    assert first("s") == first("s")
    assert {first(str(seed)) for seed in range(40)} == set(texts)


def test_oracle_stands_at_every_place():
    placed = choose(
        asked(), [ORACLE], [Hit(passage(BELT, start=500), 1.0, 1, "bm25")], FAMILIES, k=1, seed=""
    )
    places = Counter(
        [each.relation for each in arrange([ORACLE], placed, seed=str(n))].index("oracle")
        for n in range(400)
    )
    assert arrange([ORACLE], placed, seed="7") == arrange([ORACLE], placed, seed="7")
    assert min(places[0], places[1]) > 150
