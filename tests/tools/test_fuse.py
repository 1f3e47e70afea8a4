"""Reciprocal rank fusion."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from tests.tools.test_index_contract import passage
from tools.index import RANK_CONSTANT, Hit, fuse

PASSAGES = [passage(n, f"Passage {n}.", id=f"p:{n:02}") for n in range(12)]
numbers = st.lists(st.integers(0, 11), unique=True, max_size=12)
rankings = st.lists(numbers.map(lambda order: ranked(*order)), max_size=3)


def ranked(*order: int) -> list[Hit]:
    return [Hit(PASSAGES[n], 1 / rank, rank, "x") for rank, n in enumerate(order, start=1)]


def ids(hits: list[Hit]) -> list[str]:
    return [hit.passage.id for hit in hits]


@given(given_rankings=rankings, k=st.integers(0, 15))
def test_ranks_count_up_and_none_stands_twice(given_rankings: list[list[Hit]], k: int) -> None:
    fused = fuse(given_rankings, k)
    there = {hit.passage.id for hits in given_rankings for hit in hits}
    assert [hit.rank for hit in fused] == list(range(1, min(k, len(there)) + 1))
    assert len(set(ids(fused))) == len(fused)
    assert set(ids(fused)) <= there
    assert [hit.score for hit in fused] == sorted((hit.score for hit in fused), reverse=True)


@given(given_rankings=rankings)
def test_order_of_the_rankings_is_of_no_matter(given_rankings: list[list[Hit]]) -> None:
    fused = fuse(given_rankings, 20)
    assert all(fuse(each, 20) == fused for each in permutations(given_rankings))


@given(numbers, numbers, st.integers(0, 11))
def test_first_in_both_is_first(one: list[int], other: list[int], first: int) -> None:
    both = [ranked(first, *(n for n in order if n != first)) for order in (one, other)]
    assert ids(fuse(both, 1)) == [PASSAGES[first].id]


@given(numbers)
def test_one_ranking_keeps_its_order(order: list[int]) -> None:
    assert ids(fuse([ranked(*order)], 20)) == ids(ranked(*order))


def test_scores_are_sums_of_reciprocal_ranks() -> None:
    fused = fuse([ranked(3, 1), ranked(1, 2)], 5)
    assert ids(fused) == ["p:01", "p:03", "p:02"]
    assert fused[0].score == 1 / (RANK_CONSTANT + 2) + 1 / (RANK_CONSTANT + 1)
    assert {hit.source for hit in fused} == {"hybrid"}


def test_equal_ones_follow_the_id() -> None:
    assert ids(fuse([ranked(5), ranked(4)], 2)) == ["p:04", "p:05"]
