"""Splits: no shared section across sides, shares as near as groups allow, train never empty."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.leakage import assign_splits, section_key

KEYS = st.lists(st.lists(st.sampled_from("abcdefghijklmnop"), max_size=3), max_size=40)
SHARES = st.floats(0, 1)


def test_section_keys_fold_form_only():
    assert section_key("Oil  CHANGE\nevery 500 h") == section_key("oil change every 500 h")
    assert section_key("every 500 h") != section_key("every 400 h")


@given(KEYS, SHARES, SHARES, st.integers(0, 9))
def test_no_key_is_on_two_sides(keys, test_share, validation_share, seed):
    splits = assign_splits(
        keys, test_share=test_share, validation_share=validation_share, seed=seed
    )
    sides = {}
    for of_row, split in zip(keys, splits, strict=True):
        for key in of_row:
            assert sides.setdefault(key, split) == split


@given(KEYS.filter(bool), SHARES, SHARES)
def test_train_is_never_empty(keys, test_share, validation_share):
    splits = assign_splits(keys, test_share=test_share, validation_share=validation_share)
    assert "train" in splits


@given(st.integers(2, 300), st.floats(0, 0.5), st.integers(0, 9))
def test_lone_rows_meet_shares_exactly(count, share, seed):
    splits = Counter(assign_splits([[]] * count, test_share=share, seed=seed))
    test = min(round(count * share), count - 1)
    assert splits["test"] == test
    assert splits["validation"] == round((count - test) * 0.1)


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
    keys = [[str(group)] for group, size in enumerate(sizes) for _ in range(size)]
    splits = assign_splits(keys, test_share=share, validation_share=0)
    assert splits.count("test") == expected


@given(KEYS, st.integers(0, 9))
def test_splits_depend_on_the_seed_alone(keys, seed):
    once = assign_splits(keys, test_share=0.2, seed=seed)
    assert assign_splits(keys, test_share=0.2, seed=seed) == once
