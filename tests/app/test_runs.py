"""A run folder that is made while its process is killed: never a run that nobody wished for."""

from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from agents.budget import Limits
from app.run_file import RunError, read_run
from app.runs import create_run
from app.settings import read_settings
from graph.brief import Brief
from tests.conftest import ROOT
from tools.questions_file import KEPT, kept_questions

EXAMPLES = ROOT / "examples" / "manuals"
SMALL = Brief(rows=3, limits=Limits(calls=30))
LARGE = Brief(rows=7, limits=Limits(calls=70))


class Killed(BaseException):
    """What no part of the program catches."""


@pytest.fixture
def kill_after(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Kill after so many files that were opened, moved or removed; 0 never kills."""
    left = [0]

    def watched(name: str) -> None:
        original = getattr(Path, name)

        def act(self: Path, *given, **named):
            done = original(self, *given, **named)
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return done

        monkeypatch.setattr(Path, name, act)

    for name in ("open", "replace", "unlink"):
        watched(name)

    def set_left(number: int) -> None:
        left[0] = number

    return set_left


def make(run: Path, brief: Brief, concurrency: int, **wish):
    """Make a run whose settings tell which wish it was made for."""
    settings = read_settings(model="offline", by_role={}, concurrency=concurrency)
    return create_run(run, EXAMPLES, brief, settings, EXAMPLES / "machines.csv", **wish)


def killed_folders(tmp_path: Path, kill_after, prepare: Callable[[Path], object]) -> Iterator[Path]:
    """Yield folders in which the making of LARGE was killed at one point after the other."""
    for point in count(1):
        run = tmp_path / f"run{point}"
        prepare(run)
        kill_after(point)
        try:
            make(run, LARGE, 7)
        except Killed:
            kill_after(0)
            yield run
        else:
            break
    assert point > 10


def wish_to_resume(run: Path) -> tuple[Brief, int] | None:
    """Return what `resume` would go on with, None where it refuses."""
    try:
        started, brief = read_run(run)
    except RunError:
        return None
    return brief, started.concurrency


def test_run_killed_while_it_is_made_is_no_other_run(tmp_path, kill_after):
    for run in killed_folders(tmp_path, kill_after, lambda run: None):
        wish = wish_to_resume(run)
        assert wish == ((LARGE, 7) if (run / "run.json").exists() else None)
        if wish is None or read_run(run)[0].estimated:
            make(run, SMALL, 3)
            assert wish_to_resume(run) == (SMALL, 3)


def test_estimate_killed_while_it_is_taken_over_is_one_wish_or_the_other(tmp_path, kill_after):
    def prepare(run: Path) -> None:
        make(run, SMALL, 3, estimated=True)

    for run in killed_folders(tmp_path, kill_after, prepare):
        wish = wish_to_resume(run)
        assert wish in (None, (SMALL, 3), (LARGE, 7))
        if wish is None or read_run(run)[0].estimated:
            make(run, LARGE, 7)
            assert wish_to_resume(run) == (LARGE, 7)


def test_questions_of_a_start_that_was_killed_are_forgotten(tmp_path, kill_after):
    run, questions = tmp_path / "run", tmp_path / "questions.txt"
    questions.write_text("How is the hub tightened?\n", encoding="utf-8")
    make(run, LARGE, 7, evaluation_questions=questions, estimated=True)
    assert (run / KEPT).exists()
    make(run, LARGE, 7)
    assert kept_questions(run) == []


@pytest.mark.parametrize("spoil", [Path.unlink, lambda file: file.write_bytes(b"")])
def test_begun_run_without_its_brief_is_a_sentence(tmp_path, spoil):
    run = tmp_path / "run"
    make(run, LARGE, 7)
    spoil(run / "brief.yaml")
    with pytest.raises(RunError, match=r"brief\.yaml is empty or gone.*with its limits"):
        read_run(run)


def test_run_cut_off_in_its_making_is_a_sentence(tmp_path):
    run = tmp_path / "run"
    make(run, LARGE, 7, estimated=True)
    (run / "brief.yaml").write_bytes(b"")
    with pytest.raises(RunError, match=r"cut off while it was made.*`officina run`"):
        read_run(run)
