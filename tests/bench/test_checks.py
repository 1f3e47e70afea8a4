"""What checks cost is measured by candidate and by rows, on a manual of 300 pages."""

import json
import sys

import pytest

from bench import checks
from bench.candidates import PAGES, candidates, long_manual
from bench.checks import CHECKS, OF_DATASETS, costs, exponent, measure, table
from tests.conftest import ROOT

EXAMPLES = ROOT / "examples" / "manuals"


@pytest.fixture(scope="module")
def manual():
    return long_manual(EXAMPLES)


def test_short_manuals_become_a_long_one(manual):
    assert manual.pages >= PAGES
    texts = [passage.text for passage in manual.passages]
    assert len(set(texts)) > 0.8 * len(texts), "a sibling's numbers differ"
    assert len({passage.id for passage in manual.passages}) == len(texts)


def test_long_manual_stays_as_it_is(tmp_path):
    pages = {f"page_{n}": f"The jaw of station {n} is tightened to {n} Nm." for n in range(1, 311)}
    (tmp_path / "a.json").write_text(json.dumps(pages), encoding="utf-8")
    (tmp_path / "b.md").write_text("The belt is checked every week.", encoding="utf-8")
    found = long_manual(tmp_path)
    assert (found.name, found.pages) == ("a.json", 310)


def test_candidates_stand_in_their_passages(manual):
    found = candidates(manual, 20, seed=1)
    assert len(found) == 20
    assert found == candidates(manual, 20, seed=1)
    for each in found:
        assert each.quote in each.oracle.text
        assert each.oracle.text in each.window
        assert each.oracle not in [hit.passage for hit in each.hits]
        assert each.question.endswith("?")


def test_every_check_is_timed(manual):
    found = candidates(manual, 8, seed=0)
    for each in costs(found):
        assert set(each) == {*CHECKS, "all"}
        assert each["all"] == pytest.approx(sum(each[name] for name in CHECKS))
        assert each["all"] > 0


@pytest.mark.parametrize(
    ("times", "expected"),
    [([3.0, 6.0, 12.0], 1.0), ([1.0, 4.0, 16.0], 2.0), ([2.0, 2.0, 2.0], 0.0)],
)
def test_exponent_follows_the_times(times, expected):
    assert exponent(times) == expected


def test_figures_read_as_table_and_json(manual, monkeypatch, capsys):
    found = measure(manual, rows=20, rounds=2, seed=0)
    assert (found.candidates, len(found.medians_by_round)) == (20, 2)
    assert all(name in table(found) for name in (*CHECKS, *OF_DATASETS))
    line = ["checks", str(EXAMPLES), "--rows", "12", "--rounds", "2", "--json"]
    monkeypatch.setattr(sys, "argv", line)
    checks.main()
    told = json.loads(capsys.readouterr().out)
    assert set(told["checks"]) == set(told["later"]) == {*CHECKS, "all"}


def test_empty_folder_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["checks", str(tmp_path)])
    with pytest.raises(SystemExit, match="name a folder of manuals"):
        checks.main()
