"""The server that the engine is measured against does what its options say."""

import pytest
from langchain_core.messages import HumanMessage

from agents.faults import CallError, ModelDownError, ModelFailingError, classify
from agents.models import open_model
from agents.specs import Connecting
from bench.mock import Bucket, Mock
from bench.mock_server import serving, stats


async def asked(url: str, times: int) -> list[CallError | None]:
    """Return the fault of each call, None where there was a reply."""
    model = open_model("critic", f"openai:m@{url}", {}, Connecting(timeout=60))
    faults: list[CallError | None] = []
    for _ in range(times):
        try:
            await model.chat.ainvoke([HumanMessage("How many?")])
            faults.append(None)
        except Exception as error:
            faults.append(classify(error, model.server))
    await model.close()
    return faults


def test_bucket_fills_by_the_minute():
    bucket = Bucket(rpm=60, burst=2)
    assert [bucket.take(100.0) for _ in range(3)] == [0, 0, 1]
    assert bucket.take(100.5) == pytest.approx(0.5)
    assert bucket.take(101.0) == 0
    assert "x-ratelimit-remaining-requests: 0" in bucket.headers()


@pytest.mark.parametrize(("form", "least", "most"), [("seconds", 30, 60), ("date", 30, 61)])
async def test_requests_a_minute_are_limited(form, least, most):
    with serving(Mock(latency=0, rpm=1, burst=2, retry_as=form)) as url:
        served, again, refused = await asked(url, 3)
        assert (served, again) == (None, None)
        assert isinstance(refused, ModelDownError)
        assert least < refused.after <= most
        assert refused.headers["x-ratelimit-limit-requests"] == "2"
        assert stats(url).rejected == 1


async def test_faults_are_drawn_alike_for_a_seed():
    mock = Mock(latency=0, down_share=0.3, fault="error_body", fault_share=0.3, seed=5)
    kinds: list[list[type]] = []
    for _ in range(2):
        with serving(mock) as url:
            kinds.append([type(fault) for fault in await asked(url, 20)])
    assert kinds[0] == kinds[1]
    assert set(kinds[0]) == {type(None), ModelDownError, ModelFailingError}


async def test_connection_that_is_cut_is_a_fault():
    with serving(Mock(latency=0, cut_share=1.0)) as url:
        (fault,) = await asked(url, 1)
    assert type(fault) is ModelDownError
