"""Near-identical texts are joined, others are not, and the order of the texts says nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.duplicates.similar import jaccard, near_any, near_pairs

SECTION = (
    "Clean the chip tray every eight hours of work. Stop the machine, lock the main switch and "
    "pull the tray out by its two handles. Never reach under the guard while the belt is moving."
)


def clusters(texts, pairs):
    group = list(range(len(texts)))
    for earlier, later in pairs:
        group = [group[earlier] if each == group[later] else each for each in group]
    return group


@pytest.mark.parametrize(
    "other",
    [SECTION, SECTION.upper(), SECTION.replace(". ", ".\n\n"), SECTION.replace("eight", "six")],
)
def test_near_texts_are_paired(other):
    assert list(near_pairs([SECTION, "Something else.", other])) == [(0, 2)]
    assert near_any([other], ["Something else.", SECTION]) == {0: 1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (SECTION, "Grease the spindle with two strokes of the gun. " + SECTION[:60]),
        ("", ""),
        ("…", "!"),
        ("主轴 电机 的 温度", "冷却液 的 液位"),
    ],
)
def test_other_texts_are_not(one, other):
    assert list(near_pairs([one, other])) == []
    assert near_any([one], [other]) == {}


@pytest.mark.parametrize(
    "text",
    ["主轴每五百小时润滑一次，不得在运转中打开门。", "افتح الباب بعد توقف المغزل", "\ud800 a b"],
)
def test_every_script_is_read(text):
    assert list(near_pairs([text, text])) == [(0, 1)]


def test_one_letter_in_chinese_changes_little():
    text = "主轴每五百小时润滑一次，不得在运转中打开门。冷却液的液位每天检查。"
    assert jaccard(text, text.replace("五", "六")) > 0.7


def test_many_equal_texts_give_few_pairs():
    pairs = list(near_pairs([SECTION] * 300))
    assert len(pairs) == 299
    assert set(clusters([SECTION] * 300, pairs)) == {0}


WORDS = st.lists(
    st.sampled_from(["oil", "belt", "jaw", "door", "screw", "pump", "valve", "lamp"]), max_size=9
)


@given(st.lists(WORDS.map(" ".join), max_size=12), st.randoms(use_true_random=False))
def test_order_changes_no_cluster(texts, random):
    order = list(range(len(texts)))
    random.shuffle(order)
    groups = clusters(texts, near_pairs(texts, 0.7, 1))
    moved = clusters(texts, near_pairs([texts[at] for at in order], 0.7, 1))
    same = {(order[a], order[b]) for a in order for b in order if moved[a] == moved[b]}
    assert same == {(a, b) for a in order for b in order if groups[a] == groups[b]}


@given(WORDS.map(" ".join), WORDS.map(" ".join))
def test_pairs_are_as_alike_as_asked(one, other):
    assert list(near_pairs([one, other], 0.6, 1)) == [(0, 1)] * (jaccard(one, other, 1) >= 0.6)
