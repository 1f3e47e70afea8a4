"""What the ledger makes of candidates that derive from others, and of those of before."""

import json

import pytest
from sqlalchemy import create_engine, insert

from graph.ledger import Ledger
from graph.ledger_tables import CANDIDATES
from graph.state import Candidate, Window

WINDOW = Window("w", "d", 0, 9, (1, 2), "en", None)


@pytest.fixture
def engine(tmp_path):
    return create_engine(f"sqlite:///{tmp_path / 'ledger.sqlite'}")


def test_candidate_of_before_is_a_drafted_one(engine):
    ledger = Ledger(engine)
    plain = {
        "id": "c1",
        "round": 1,
        "window": {
            "id": "w",
            "document_id": "d",
            "start": 0,
            "end": 9,
            "pages": [1, 2],
            "language": "en",
            "machine": None,
        },
    }
    values = {"id": "c1", "round": 1, "window": "w", "candidate": json.dumps(plain)}
    with engine.begin() as connection:
        connection.execute(insert(CANDIDATES).values(**values, status="planned"))
    assert ledger.entries("planned")[0].candidate == Candidate("c1", 1, WINDOW)
    ledger.drop("c1", "nothing_to_ask", question="Q?", drafts=1, answers=0, life=[])
    assert ledger.asked() == {"w": ["Q?"]}
    assert ledger.exhausted_windows() == {"w"}


def test_derived_candidate_comes_back_whole(engine):
    ledger = Ledger(engine)
    candidate = Candidate("c2", 2, WINDOW, "near_miss", "c1")
    ledger.plan([candidate])
    assert ledger.entries("planned")[0].candidate == candidate


def test_what_abstains_asks_nothing_of_its_window(engine):
    ledger = Ledger(engine)
    ledger.plan([Candidate("c2", 2, WINDOW, "false_premise", "c1")])
    ledger.drop("c2", "nothing_to_ask", question="Why?", drafts=1, answers=0, life=[])
    assert ledger.asked() == {}
    assert ledger.exhausted_windows() == set()


def test_window_that_repeats_its_question_is_exhausted(engine):
    ledger = Ledger(engine)
    for round_, question in enumerate(["Why?", "How?", "Why?", "Why?"], start=1):
        assert ledger.exhausted_windows() == set()
        ledger.plan([Candidate(f"c{round_}", round_, WINDOW)])
        ledger.drop(f"c{round_}", "unanswered", question=question, drafts=1, answers=1, life=[])
    assert ledger.exhausted_windows() == {"w"}
