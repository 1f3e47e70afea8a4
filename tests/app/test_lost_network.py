"""A model server that goes away in the middle: waited for, or gone without, and not paid twice."""

from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from bench.lives import WHOLE, Life, Wanted
from bench.mock import Mock
from bench.mock_server import serving, stats
from tests.proxy import Proxy

pytestmark = pytest.mark.slow
PATIENCE = 3.0


@contextmanager
def under_way(tmp_path):
    """Yield a run in the middle of its calls, the proxy before its server, and the server's URL."""
    with (
        serving(Mock(0.05, offline=True)) as url,
        Proxy(urlsplit(url).port) as proxy,
    ):
        through = f"http://127.0.0.1:{proxy.port}/v1"
        life = Life(tmp_path / "run", through, Wanted(12, 8, patience=PATIENCE))
        life.begin()
        assert life.reach((30, 0.0))
        yield life, proxy, url


def test_short_loss_is_waited_for(tmp_path):
    with under_way(tmp_path) as (life, proxy, _):
        proxy.refusing = True
        assert life.reach((0, PATIENCE / 3))
        proxy.refusing = False
        assert life.end() == WHOLE
        assert "waiting for the model server" in life.said
        assert "Traceback" not in life.said


def test_long_loss_ends_short_and_resumes(tmp_path):
    with under_way(tmp_path) as (life, proxy, url):
        proxy.refusing = True
        assert life.end() == 3
        assert "Traceback" not in life.said
        assert "resume" in life.said
        kept, paid = life.calls(), stats(url).completed
        assert paid - kept <= 8
        proxy.refusing = False
        life.begin()
        assert life.end() == WHOLE
        assert stats(url).completed - life.calls() == paid - kept
