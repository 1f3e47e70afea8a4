"""A clock that jumps: a run is the same, and spends its minutes by a clock that does not."""

import os
import subprocess
import sys

import pytest

from bench.lives import WHOLE, Life, Wanted
from bench.mock import Mock
from bench.mock_server import serving
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
# A year ahead at one moment, a year back at the next.
JUMPING = """
import itertools, time
_now, _turn = time.time, itertools.count()
def jumping():
    return _now() + 31_536_000 * (-1) ** next(_turn)
time.time = jumping
time.time_ns = lambda: int(jumping() * 1e9)
"""


@pytest.fixture
def jumping(tmp_path):
    """The variables of processes whose clock jumps."""
    (tmp_path / "sitecustomize.py").write_text(JUMPING)
    variables = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}"}
    seen = subprocess.run(
        [sys.executable, "-c", "import time; print(time.time() - time.time())"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    )
    assert abs(float(seen.stdout)) > 1e7
    return variables


@pytest.mark.parametrize("retry_as", ["seconds", "date"])
def test_run_under_a_jumping_clock_is_the_same(tmp_path, jumping, retry_as):
    limits = {"minutes": 5}
    with serving(Mock(0.02, admits=6, retry_after=1.0, retry_as=retry_as, offline=True)) as url:
        steady = Life(tmp_path / "steady", url, Wanted(12, 8, limits=limits))
        steady.begin()
        assert steady.end() == WHOLE, steady.said
        life = Life(tmp_path / "jumping", url, Wanted(12, 8, 2, limits=limits, more=jumping))
        life.begin()
        assert life.end() == WHOLE, life.said
        assert life.faults_beside(steady, WHOLE) == []
