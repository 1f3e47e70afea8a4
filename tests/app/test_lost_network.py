"""A model server that goes away in the middle: waited for, or gone without, and not paid twice."""

from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from agents.offline import OfflineModel
from bench.lives import WHOLE, Life, Wanted
from tests.openai_server import Holding, answering_with, serving
from tests.proxy import Proxy

pytestmark = pytest.mark.slow
SERVED, IN_FLIGHT = 30, 8


@contextmanager
def lost(tmp_path, patience):
    """Yield a run whose server was lost after some calls, the proxy before it, and what it heard.

    It is held until then, so that the run cannot end before.
    """
    model, heard = Holding(answering_with(OfflineModel()), SERVED), []

    def handle(request):
        heard.append(request)
        return model.handle(request)

    with serving(handle) as url, Proxy(urlsplit(url).port) as proxy:
        through = f"http://127.0.0.1:{proxy.port}/v1"
        life = Life(tmp_path / "run", through, Wanted(12, IN_FLIGHT, patience=patience))
        life.begin()
        assert model.is_holding.wait(60)
        proxy.refusing = True
        model.release()
        yield life, proxy, heard


def test_short_loss_is_waited_for(tmp_path):
    with lost(tmp_path, 60) as (life, proxy, _):
        said = tmp_path / "run-wanted" / "said"
        while "waiting for the model server" not in said.read_text("utf-8"):
            assert life.reach((0, 0.02))
        proxy.refusing = False
        assert life.end() == WHOLE
        assert "Traceback" not in life.said


def test_long_loss_ends_short_and_resumes(tmp_path):
    with lost(tmp_path, 1) as (life, proxy, heard):
        assert life.end() == 3
        assert "Traceback" not in life.said
        assert "resume" in life.said
        kept, before = life.calls(), len(heard)
        assert SERVED - kept <= IN_FLIGHT
        proxy.refusing = False
        life.begin()
        assert life.end() == WHOLE
        assert len(heard) - before == life.calls() - kept
