"""Runs that are killed at random: no row lost or doubled, the same sums, and never past a cap."""

import json
import shutil
import sqlite3
from argparse import Namespace
from collections import Counter
from contextlib import closing

import pytest
import yaml

from bench.kill import hunt, spend
from bench.lives import WHOLE, Life, Wanted
from bench.mock import Mock
from bench.mock_server import serving
from tests.conftest import ROOT

pytestmark = pytest.mark.slow
FEW = {"rows": 12, "points": 3, "in_flight": 16, "workers": 1, "state": "sqlite", "cap": ""}
MORE = "calls=1000"


@pytest.fixture(scope="module")
def url():
    with serving(Mock(0.02, offline=True)) as url:
        yield url


def killed(tmp_path, url, **options):
    return hunt(tmp_path, url, Namespace(**{**FEW, **options}))


@pytest.mark.parametrize(("workers", "seed"), [(1, 3), (2, 4)])
def test_killed_run_equals_one_never_killed(tmp_path, url, workers, seed):
    found = killed(tmp_path, url, workers=workers, seed=seed)
    assert found["faults"] == []
    assert found["kills"] == 3
    # What a killed worker wasted counts with the next kill of the whole run.
    assert workers > 1 or found["most_wasted_per_kill"] <= 16


def test_killed_run_in_postgres_equals_one_in_files(tmp_path, url, postgres, database):
    found = killed(tmp_path, url, state=postgres.url(database), workers=2, seed=5)
    assert found["faults"] == []


@pytest.mark.parametrize("cap", ["calls=60", "tokens=150000", "money=0.5"])
def test_killed_run_never_passes_its_cap(tmp_path, url, cap):
    options = {**FEW, "in_flight": 128, "cap": cap, "seed": 6, "points": 2}
    found = spend(tmp_path, url, Namespace(**options))
    assert found["faults"] == []
    assert max(found["spent"]) <= float(cap.partition("=")[2])


def asked_twice(run):
    """Return by step how many calls of a run were asked with other words, or of another model."""
    keys = "candidate, step, attempt, ask"
    query = f"SELECT step FROM calls GROUP BY {keys} HAVING count(*) > 1"
    with closing(sqlite3.connect(run / "journal.sqlite")) as connection:
        return Counter(step for (step,) in connection.execute(query))


@pytest.fixture
def half(tmp_path, url):
    """A run that reached a limit in the middle; its prompts are files of its own."""
    prompts = tmp_path / "prompts"
    shutil.copytree(ROOT / "prompts", prompts, ignore=shutil.ignore_patterns("*.py", "__*"))
    wanted = Wanted(12, 16, limits={"calls": 45}, more={"OFFICINA_PROMPTS": str(prompts)})
    life = Life(tmp_path / "run", url, wanted)
    life.begin()
    assert life.end() == 3
    assert asked_twice(life.run) == {}
    return life


def test_another_prompt_repeats_only_its_calls(half, tmp_path):
    template = tmp_path / "prompts" / "judge_question.md"
    before, _, _ = template.read_text().rpartition("{% endblock %}")
    template.write_text(before + "Think twice.\n{% endblock %}\n")
    assert half.end(MORE) == WHOLE
    assert set(asked_twice(half.run)) == {"critique"}


def test_another_critic_repeats_only_its_calls(half):
    file = half.run / "run.json"
    content = json.loads(file.read_text())
    content["models"]["critic"] = content["models"]["critic"].replace("mock", "other")
    file.write_text(json.dumps(content))
    assert half.end(MORE) == WHOLE
    assert set(asked_twice(half.run)) <= {"critique", "judge", "probe"}
    assert asked_twice(half.run)["critique"]


def test_another_threshold_repeats_no_call(half):
    file = half.run / "brief.yaml"
    content = yaml.safe_load(file.read_text())
    content["thresholds"]["relevance"] += 1
    file.write_text(yaml.safe_dump(content))
    assert half.end(MORE) in (WHOLE, 3)
    assert asked_twice(half.run) == {}
