"""Noise: which refusals no width mends."""

from agents.noise import REVIEWED, Noise


def told(noise: Noise, first: int, calls: int, every: int, *, alone: bool = False) -> list[bool]:
    """Count calls of which every so manieth is refused; 0 for none."""
    ended = range(first, first + calls)
    return [noise.count(n, refused=bool(every) and n % every == 0, alone=alone) for n in ended]


def test_refusals_as_frequent_at_a_smaller_width_are_usual():
    noise = Noise()
    told(noise, 1, REVIEWED - 1, 4)
    noise.review(REVIEWED, 0.5)
    assert any(told(noise, REVIEWED + 1, REVIEWED, 4))
    assert noise.usual == 0.25


def test_refusals_that_a_smaller_width_ends_are_not_usual():
    noise = Noise()
    told(noise, 1, REVIEWED - 1, 4)
    noise.review(REVIEWED, 0.5)
    assert not any(told(noise, REVIEWED + 1, REVIEWED, 0))
    assert noise.usual == 0
    assert not noise.is_reviewed


def test_calls_sent_before_count_as_before():
    noise = Noise()
    noise.review(REVIEWED, 0.5)
    told(noise, 1, REVIEWED, 2)
    assert not any(told(noise, REVIEWED + 1, REVIEWED, 5))


def test_calls_refused_one_by_one_are_refused_at_any_width():
    assert any(told(Noise(), 1, REVIEWED, 4, alone=True))
    assert not any(told(Noise(), 1, REVIEWED, 4))
    assert not any(told(Noise(), 1, REVIEWED, 2, alone=True))


def test_usual_share_that_is_over_is_forgotten():
    noise = Noise()
    told(noise, 1, REVIEWED, 4, alone=True)
    assert noise.usual
    told(noise, REVIEWED + 1, REVIEWED, 0)
    assert noise.usual == 0
