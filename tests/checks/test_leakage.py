"""Leakage: what is the same, or nearly, is on one side; the order of rows changes nothing."""

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from checks.duplicates.similar import jaccard
from checks.leakage import Held, section_clusters, section_key, shared_by, split_keys
from checks.leakage.keys import plain_form
from checks.leakage.splits import assign_splits, groups_of

PARTS = ("sealing jaw", "infeed belt", "vacuum pump", "film brake", "printing head", "cutter")
PASSAGE = (
    "Before the {part} is taken out, switch off the main supply and wait until it has come to "
    "rest. Loosen the {number} screws crosswise, lift the {part} off its seat and clean both "
    "faces with a dry cloth. Tighten the screws to {number} N·m in two passes and turn it by hand."
)


def passage(part: str, number: int) -> str:
    return PASSAGE.format(part=part, number=number)


def made(id: str, part: str, number: int, family: str | None = None) -> Held:
    text = passage(part, number)
    quote = f"Tighten the screws to {number} N·m in two passes and turn it by hand."
    key = section_key(text)
    return Held(
        id=id,
        question=f"To what torque are the screws of the {part} tightened, in how many passes?",
        answer=f"To {number} N·m in two passes.",
        evidence=(quote,),
        passages=(text,),
        sections={key: key},
        family=family,
    )


ROWS = st.lists(
    st.tuples(
        st.sampled_from(PARTS), st.integers(10, 13), st.sampled_from([None, "Vexo", "Kappa"])
    ),
    min_size=1,
    max_size=25,
).map(lambda found: [made(f"row-{n:02}", *values) for n, values in enumerate(found)])


def split_of(rows: list[Held], seed: int = 0) -> dict[str, str]:
    keys = split_keys([row.id for row in rows], shared_by(rows))
    return dict(assign_splits(keys, test_share=0.3, seed=seed))


def test_section_keys_fold_form_only():
    assert section_key("Oil  CHANGE\nevery 500 h") == section_key("oil change every 500 h")
    assert section_key("every 500 h") != section_key("every 400 h")


@settings(max_examples=40)
@given(ROWS, st.integers(0, 5))
def test_a_split_never_parts_near_repeats(rows, seed):
    splits = split_of(rows, seed)
    for one in rows:
        for other in rows:
            near = any(
                jaccard(plain_form(a), plain_form(b)) >= 0.8
                for a, b in ((one.passages[0], other.passages[0]), (one.question, other.question))
            )
            if near or set(one.sections) & set(other.sections):
                assert splits[one.id] == splits[other.id]


@settings(max_examples=40)
@given(ROWS, st.integers(0, 5))
def test_a_split_never_parts_a_family(rows, seed):
    splits = split_of(rows, seed)
    for family in ("Vexo", "Kappa"):
        assert len({splits[row.id] for row in rows if row.family == family}) <= 1


@settings(max_examples=40)
@given(ROWS, st.integers(0, 9))
def test_row_order_changes_no_split(rows, seed):
    shuffled = list(rows)
    random.Random(seed).shuffle(shuffled)
    assert split_of(shuffled) == split_of(rows)


def test_other_subjects_are_not_joined():
    asked = [
        Held(part, f"How heavy is the {part}?", f"{n} kg.", (f"The {part} weighs {n} kg.",))
        for n, part in enumerate(PARTS)
    ]
    assert len(groups_of(split_keys(PARTS, shared_by(asked)))) == len(PARTS)


def test_a_passage_inside_another_joins_rows():
    short = passage("cutter", 12)
    rows = [
        Held("a", "How is the cutter taken out?", "As said.", passages=(short,)),
        Held("b", "What is done every 500 h?", "Oil it.", passages=(f"{short} Oil it. " * 2,)),
    ]
    assert [each.rows for each in shared_by(rows)] == [{"a", "b"}]


def test_words_in_another_order_are_the_same_question():
    rows = [
        Held("a", "On the Vexo 1, what is the working pressure of the pump?", "6 bar."),
        Held("b", "What is the working pressure of the pump on the Vexo 1?", "8 bar."),
    ]
    assert [each.kind for each in shared_by(rows)] == ["question"]


def test_abstentions_share_no_evidence():
    rows = [
        Held("a", "What does the pump weigh?", "The passages do not say it."),
        Held("b", "Who may open the cover of the cutter?", "The passages do not say it."),
    ]
    assert not shared_by(rows)


def test_derived_rows_stay_with_their_origin():
    rows = [
        Held("a", "What does the pump weigh?", "12 kg."),
        Held("b", "Who may open the cover of the cutter?", "No one.", origin="a"),
    ]
    assert [(each.kind, each.rows) for each in shared_by(rows)] == [("origin", {"a", "b"})]


def test_exact_and_near_are_told_apart():
    rows = [made("a", "cutter", 12), made("b", "cutter", 12), made("c", "cutter", 13)]
    (found,) = [each for each in shared_by(rows) if each.kind == "passage"]
    assert sorted(map(sorted, found.parts)) == [["a", "b"], ["c"]]


def test_editions_and_near_repeats_share_a_cluster():
    texts = {"en": passage("cutter", 12), "en2": passage("cutter", 13), "it": "Serrare a 12 N·m."}
    clusters = section_clusters(texts, [("it", "en2")])
    assert len(set(clusters.values())) == 1
    assert len(set(section_clusters(texts).values())) == 2
