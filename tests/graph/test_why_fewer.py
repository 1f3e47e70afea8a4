"""Why fewer rows of a kind are there than a brief asks for."""

from types import SimpleNamespace
from typing import Any

from graph.assess import why_fewer_derived
from graph.brief import Brief
from graph.ledger import Tally
from graph.quality import QualityReport


def test_rows_set_aside_as_duplicates_are_among_the_reasons():
    report = QualityReport(70, 70, 90, 0.9, {}, {}, 9, 9, abstaining=7, contrasts=5)
    tallies = [
        Tally("accepted", "", "contrast", 5, 5, 0),
        Tally("dropped", "unanswered", "contrast", 1, 1, 0),
        Tally("set_aside", "duplicate", "contrast", 14, 14, 0),
        Tally("set_aside", "surplus", "contrast", 3, 3, 0),
        Tally("set_aside", "origin_set_aside", "contrast", 2, 2, 0),
    ]
    ledger = SimpleNamespace(tallies=lambda: tallies)
    context: Any = SimpleNamespace(brief=Brief(rows=70), ledger=ledger)
    said = why_fewer_derived(report, context)
    assert "asks for 7" in said
    assert said.endswith("duplicate 14, unanswered 1.")
