import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.scores import token_f1


@pytest.mark.parametrize(
    ("answer", "reference", "score"),
    [
        ("The torque is 4,5 Nm.", "the torque is 4,5 Nm", 1.0),
        ("The torque is 4,6 Nm", "The torque is 4,5 Nm", 0.8),
        ("", "The torque is 4,5 Nm", 0.0),
        ("bar bar bar", "bar", 0.5),
    ],
)
def test_score_counts_shared_words(answer: str, reference: str, score: float):
    assert token_f1(answer, reference) == pytest.approx(score)


@given(st.text(), st.text())
def test_score_is_symmetric_share(one: str, other: str):
    assert 0 <= token_f1(one, other) <= 1
    assert token_f1(one, other) == token_f1(other, one)
    assert token_f1(one, one) == 1
