"""The ledger's promises, on SQLite and on a real Postgres alike."""

import asyncio
import random

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from graph.ledger import Ledger, Note
from graph.ledger_tables import LIVES
from graph.quality import judged_hash
from graph.state import Candidate, Step, Window
from tools.tables import StateError, postgres_engine, sqlite_engine
from training.rows import RowCitation, Scores, TrainingRow

WINDOW = Window("w", "d", 0, 9, (1, 2), "en", None)
SCORES = Scores(relevance=9, global_relevance=8, coverage=9, faithfulness=9, completeness=9)


@pytest.fixture(params=["sqlite", "postgres"])
def new_engine(request, tmp_path):
    """A function that connects to one state again, as another process does."""
    engines = []
    if request.param == "postgres":
        server = request.getfixturevalue("postgres")
        url = server.url(request.getfixturevalue("database"))

    def connect():
        if request.param == "postgres":
            engines.append(postgres_engine(url, "run_1"))
        else:
            engines.append(sqlite_engine(tmp_path / "ledger.sqlite"))
        return engines[-1]

    yield connect
    for engine in engines:
        engine.dispose()


@pytest.fixture
def ledger(new_engine):
    ledger = Ledger(new_engine())
    yield ledger
    ledger.close()


def row(id, question="How tight?", answer="24 Nm.", **changes):
    citation = RowCitation(passage_id="p", document="a.md", start=0, end=9, quote="It is 24 Nm")
    values = {
        "id": id,
        "question": question,
        "answer": answer,
        "answerable": True,
        "kind": "value",
        "difficulty": "easy",
        "language": "en",
        "document": "a.md",
        "machine_code": "A1",
        "machine_name": "Alpha 1",
        "pages": (1,),
        "section": "Jaw",
        "context": (),
        "oracle_positions": (),
        "citations": (citation,),
        "scores": SCORES,
        "reasons": "",
        "attempts": 1,
        "models": {},
        "prompt_hashes": {},
        "sha256": "",
        "system": "",
        "user": "",
        "sections": (),
        "applies_to": ("A1",),
        "counterpart": "w2",
    }
    return TrainingRow.model_validate(values | changes)


def candidates(count, round_=1, window=WINDOW):
    return [Candidate(f"c{round_}{number:03}", round_, window) for number in range(count)]


async def drop(ledger, id, reason="unanswered", question="Q?", drafts=1):
    return await ledger.drop(id, reason, question=question, drafts=drafts, answers=0, life=[])


async def accept(ledger, id, drafts=1, **changes):
    life = [Step("draft", "Q?")]
    return await ledger.accept(id, row(id, **changes), drafts=drafts, answers=1, life=life)


async def test_derived_candidate_comes_back_whole(ledger):
    candidate = Candidate("c2", 2, WINDOW, "near_miss", "c1")
    ledger.plan([candidate])
    (entry,) = ledger.entries("planned")
    assert entry.candidate == candidate
    assert ledger.tried() == {("c1", "near_miss")}


async def test_row_comes_back_whole(ledger):
    ledger.plan(candidates(1))
    odd = "half \ud83d a character, \0 and “ò”".encode(errors="replace").decode()
    await accept(ledger, "c1000", question=odd)
    entry = ledger.entry("c1000")
    assert entry.row == row("c1000", question=odd)
    assert (entry.status, entry.drafts, entry.life) == ("accepted", 1, (Step("draft", "Q?"),))
    assert ledger.entry("c1").candidate.id == "c1000"
    assert ledger.entry("c2") is None


async def test_planning_again_changes_nothing(ledger):
    ledger.plan(candidates(3))
    await drop(ledger, "c1001")
    ledger.plan(candidates(4))
    assert [entry.status for entry in ledger.entries()] == ["planned", "dropped", *["planned"] * 2]
    assert (ledger.progress().planned, ledger.open_candidates()) == (4, 3)


async def test_only_earlier_rounds_are_asked_before(ledger):
    for round_ in (1, 2, 3):
        ledger.plan([*candidates(2, round_), Candidate(f"d{round_}", round_, WINDOW, "near_miss")])
    for number, id in enumerate(["c1000", "c1001", "c2001", "c2000", "c3000"]):
        await drop(ledger, id, question=f"Q{number}?")
    await drop(ledger, "d1", question="What abstains asks nothing of its window?")
    taken = {each.candidate.id: each.asked for each in await ledger.claim("a", 9)}
    assert taken == {"d2": ("Q0?", "Q1?"), "c3001": (earlier := ("Q0?", "Q1?", "Q3?", "Q2?"))} | {
        "d3": earlier
    }
    assert ledger.asked("w", before=2) == ("Q0?", "Q1?")
    assert ledger.times_asked() == {"w": 5}


async def test_candidate_without_a_question_asked_nothing(ledger):
    ledger.plan(candidates(1))
    await drop(ledger, "c1000", "draft_unreadable", question="")
    assert ledger.asked("w", before=2) == ()
    assert ledger.times_asked() == {"w": 1}


async def test_window_with_nothing_left_is_exhausted(ledger):
    ledger.plan([*candidates(1), Candidate("d1", 1, WINDOW, "false_premise", "c0")])
    await drop(ledger, "d1", "nothing_to_ask")
    assert ledger.exhausted_windows() == set()
    await drop(ledger, "c1000", "nothing_to_ask")
    assert ledger.exhausted_windows() == {"w"}


async def test_window_that_repeats_its_question_is_exhausted(ledger):
    for round_, question in enumerate(["Why?", "How?", "Why?", "Why?"], start=1):
        assert ledger.exhausted_windows() == set()
        ledger.plan(candidates(1, round_))
        await drop(ledger, f"c{round_}000", question=question)
    assert ledger.exhausted_windows() == {"w"}


async def test_claims_are_in_order_and_never_shared(ledger, new_engine):
    ledger.plan([*candidates(30, 2), *candidates(3, 1)])
    other = Ledger(new_engine())
    assert [each.candidate.id for each in await ledger.claim("a", 4)] == [
        *("c1000", "c1001", "c1002", "c2000")
    ]
    found = await asyncio.gather(*(one.claim("a", 5) for one in (ledger, other) * 4))
    ids = [each.candidate.id for part in found for each in part]
    assert len(ids) == len(set(ids)) == 29
    other.close()


async def test_threads_share_no_claim(ledger, new_engine):
    ledger.plan(candidates(200))
    others = [Ledger(new_engine()) for _ in range(4)]

    def take(one):
        async def all_of_them():
            found = []
            while part := await one.claim(f"w{others.index(one)}", 3):
                found += [each.candidate.id for each in part]
            return found

        return asyncio.run(all_of_them())

    found = await asyncio.gather(*(asyncio.to_thread(take, one) for one in others))
    ids = [id for part in found for id in part]
    assert sorted(ids) == [each.id for each in candidates(200)]
    for one in others:
        one.close()


async def test_claims_of_the_dead_are_given_back(ledger):
    ledger.plan(candidates(4))
    first, second = await ledger.claim("a", 1), await ledger.claim("b", 2)
    await drop(ledger, second[0].candidate.id)
    ledger.release("b")
    again = [each.candidate.id for each in await ledger.claim("c", 9)]
    assert again == [second[1].candidate.id, "c1003"]
    ledger.release()
    assert [each.candidate.id for each in await ledger.claim("d", 1)] == [first[0].candidate.id]
    assert ledger.open_candidates() == 3


async def test_first_finish_stands(ledger, new_engine):
    ledger.plan(candidates(2))
    other = Ledger(new_engine())
    assert await accept(ledger, "c1000", drafts=2)
    assert not await accept(other, "c1000", answer="Another.")
    assert not await drop(other, "c1000")
    together = await asyncio.gather(drop(ledger, "c1001"), drop(ledger, "c1001", "no_subject"))
    assert together == [True, False]
    progress = ledger.progress()
    assert (progress.planned, progress.accepted, progress.drafts, progress.revisions) == (
        2,
        1,
        3,
        1,
    )
    assert progress.dropped == {"unanswered": 1}
    assert ledger.entry("c1000").row.answer == "24 Nm."
    other.close()


async def test_tallies_are_what_the_candidates_are(ledger):
    chosen = random.Random(3)
    ledger.plan(candidates(40))
    origins = [Candidate(f"t{n}", 2, WINDOW, "unanswerable", f"c1{n:03}") for n in range(10)]
    ledger.plan(origins)
    for entry in list(ledger.entries()):
        end = chosen.choice([accept, drop, None])
        if end:
            await end(ledger, entry.candidate.id, drafts=chosen.randrange(4))
    for _ in range(3):
        made = ledger.made()
        reasons = {each.id: f"duplicate of {each.id}" for each in made[::3]}
        ledger.select(made, reasons | {each.id: "surplus" for each in chosen.sample(made, 5)})
    entries = list(ledger.entries())
    counted = {(t.status, t.reason, t.variant): t.candidates for t in ledger.tallies()}
    for (status, reason, variant), count in counted.items():
        assert count == sum(
            (e.status, e.reason.partition(" of ")[0], e.candidate.variant)
            == (status, reason, variant)
            for e in entries
        )
    assert sum(counted.values()) == len(entries) == ledger.progress().planned
    assert ledger.progress().drafts == sum(entry.drafts for entry in entries)
    assert ledger.progress().revisions == sum(max(0, entry.drafts - 1) for entry in entries)


async def test_rows_set_aside_come_back(ledger):
    ledger.plan(candidates(3))
    for number in range(3):
        await accept(ledger, f"c100{number}")
    ledger.select(ledger.made(), {"c1001": "duplicate of c1000", "c1002": "surplus"})
    assert [each.status for each in ledger.made()] == ["accepted", "set_aside", "set_aside"]
    ledger.select(ledger.made(), {"c1002": "surplus"})
    assert [each.reason for each in ledger.made()] == ["", "", "surplus"]
    assert ledger.progress().dropped == {"surplus": 1}


async def test_made_rows_carry_what_is_compared(ledger):
    ledger.plan([Candidate("c1", 1, WINDOW, "contrast", "c0")])
    await accept(ledger, "c1")
    (made,) = ledger.made()
    assert (made.id, made.variant, made.origin, made.window) == ("c1", "contrast", "c0", "w")
    assert (made.machine, made.applies_to, made.counterpart) == ("A1", ("A1",), "w2")
    assert (made.place, made.scores) == (("a.md", "Jaw"), SCORES.model_dump())
    assert made.has_value
    ((asked, codes),) = ledger.asked_rows()
    assert (asked.question, asked.answer, asked.evidence) == (
        *("How tight?", "24 Nm."),
        ("It is 24 Nm",),
    )
    assert (asked.language, codes) == ("en", ("A1",))


async def test_verdict_holds_for_what_was_judged(ledger):
    ledger.plan(candidates(3))
    content = content_of(row("c1000"))
    for id in ("c1000", "c1001", "c1002"):
        await accept(ledger, id, sha256=content)
    await asyncio.gather(ledger.judge("c1000", content), ledger.judge("c1001", "another"))
    assert [each.void for each in ledger.made()] == ["", "altered", "unjudged"]
    edited = row("c1000", answer="26 Nm.", sha256=content).model_dump_json()
    with ledger._engine.begin() as connection:
        connection.execute(LIVES.update().where(LIVES.c.candidate == "c1000").values(row=edited))
    ledger.reread()
    assert [each.void for each in ledger.made()] == ["altered", "altered", "unjudged"]


def content_of(made):
    return judged_hash(made.question, made.answer, made.context, made.citations, ("", ""))


async def test_round_is_planned_whole_or_not_at_all(ledger):
    last = Candidate("z", 1, WINDOW, None)
    with pytest.raises(IntegrityError):
        ledger.plan([*candidates(10_000), last])
    assert list(ledger.entries()) == []
    assert ledger.open_candidates() == 0


async def test_notes_are_kept_once(ledger):
    notes = [Note("skipped", "b.md", 0, "short"), Note("skipped", "a.md", 2, "empty")]
    ledger.note(notes)
    ledger.note(notes)
    assert ledger.notes() == [notes[1], notes[0]]


async def test_another_version_says_a_sentence(ledger, new_engine):
    with ledger._engine.begin() as connection:
        connection.execute(text("UPDATE versions SET version = 9"))
    with pytest.raises(StateError, match=r"another version of Officina .* version 9"):
        Ledger(new_engine())


async def test_cleared_ledger_knows_nothing(ledger):
    ledger.plan([Candidate("c1", 1, WINDOW)])
    await ledger.drop("c1", "no_subject", question="q", drafts=1, answers=0, life=[])
    ledger.note([Note("skipped", "a.md", 0, "It has 1 page.")])
    ledger.clear()
    assert (list(ledger.entries()), ledger.notes(), ledger.progress().planned) == ([], [], 0)
