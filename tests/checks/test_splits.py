"""Splits: no shared key across sides, shares as near as groups allow, train never empty."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.leakage.splits import assign_splits, groups_of, wanted_rows

KEYS = st.lists(st.lists(st.sampled_from("abcdefghijklmnop"), max_size=3), max_size=40).map(
    lambda found: {f"row-{number:02}": keys for number, keys in enumerate(found)}
)
SHARES = st.floats(0, 1)


@given(KEYS, SHARES, SHARES, st.integers(0, 9))
def test_no_key_is_on_two_sides(keys, test_share, validation_share, seed):
    splits = assign_splits(
        keys, test_share=test_share, validation_share=validation_share, seed=seed
    )
    sides = {}
    for id, of_row in keys.items():
        for key in of_row:
            assert sides.setdefault(key, splits[id]) == splits[id]


@given(KEYS.filter(bool), SHARES, SHARES)
def test_train_is_never_empty(keys, test_share, validation_share):
    splits = assign_splits(keys, test_share=test_share, validation_share=validation_share)
    assert "train" in splits.values()


@given(KEYS, st.integers(0, 9), st.randoms(use_true_random=False))
def test_row_order_changes_no_split(keys, seed, random):
    shuffled = list(keys)
    random.shuffle(shuffled)
    again = {id: keys[id] for id in shuffled}
    once = assign_splits(keys, test_share=0.2, seed=seed)
    assert assign_splits(again, test_share=0.2, seed=seed) == once


@given(st.integers(2, 300), st.floats(0, 0.5), st.integers(0, 9))
def test_lone_rows_meet_shares_exactly(count, share, seed):
    keys = {str(number): [] for number in range(count)}
    splits = Counter(assign_splits(keys, test_share=share, seed=seed).values())
    assert splits == Counter(wanted_rows(count, share))
    assert splits["test"] == min(round(count * share), count - 1)


@pytest.mark.parametrize(
    ("sizes", "share", "expected"),
    [
        ([95, 1, 1, 1, 1, 1], 0.2, 5),
        ([7, 5, 3], 0.53, 8),
        ([6, 4], 0.3, 4),
        ([10], 0.5, 0),
        ([50, 50], 0.2, 0),
    ],
)
def test_groups_are_dealt_closely(sizes, share, expected):
    keys = {
        f"{group}-{row}": [str(group)] for group, size in enumerate(sizes) for row in range(size)
    }
    splits = assign_splits(keys, test_share=share, validation_share=0)
    assert list(splits.values()).count("test") == expected


def test_groups_follow_chains_of_keys():
    keys = {"a": ["x"], "b": ["x", "y"], "c": ["y"], "d": ["z"]}
    assert groups_of(keys) == [["a", "b", "c"], ["d"]]


def test_another_seed_deals_another_test_split():
    keys = {str(number): [] for number in range(40)}
    dealt = {tuple(assign_splits(keys, test_share=0.2, seed=seed).values()) for seed in range(5)}
    assert len(dealt) == 5
