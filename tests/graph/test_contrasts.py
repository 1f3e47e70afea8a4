"""Contrast pairs: what is asked about a machine is asked about the sibling that differs."""

import pyarrow.parquet as pq
import pytest

from app.opening import open_context
from app.settings import read_settings
from graph.brief import Brief, read_brief
from graph.dataset import dataset_graph
from graph.ledger import Made
from graph.question import question_graph
from graph.selection import select_rows
from graph.state import Accepted, Candidate, DatasetInput, Dropped, QuestionInput
from tests.conftest import ROOT
from tests.graph.conftest import critique, edit_row, judgement, question
from tests.graph.test_scope import TORQUE, answered, asked, life, write_manuals, write_names
from tools.documents import read_folder
from tools.passages import split

EXAMPLES = ROOT / "examples" / "manuals"
CASE = TORQUE["en"]
SIBLING = (CASE[0], CASE[1].replace("24 Nm", "26 Nm"))


@pytest.fixture
def folder(tmp_path):
    return write_manuals(tmp_path / "siblings")


def answered_by_sibling(folder, quote: str):
    documents, _ = read_folder(folder)
    passages = [passage for document in documents for passage in split(document)]
    passage = next(each for each in passages if quote in each.text and "b.json" in each.document)
    lines = answered(folder, CASE)
    reply = lines[-1]["reply"] | {"text": quote}
    reply["citations"] = [{"passage_id": passage.id, "quote": quote}]
    return [*lines[:-1], {**lines[-1], "reply": reply}]


async def contrast_of(scripted, folder, lines):
    """Accept a row about the Kappa 40 and run the contrast that derives from it."""
    first = [asked(CASE, "Kappa 40"), critique(), *answered(folder, CASE), judgement()]
    names = write_names(folder)
    outcome, entry, _ = await life(scripted, folder, names, first)
    assert isinstance(outcome, Accepted)
    context = await scripted(lines, machines=names)
    window = next(w for w in context.windows if w.id == entry.row.counterpart)
    candidate = Candidate("c2", 2, window, "contrast", entry.candidate.id)
    context.ledger.plan([candidate])
    result = await question_graph.ainvoke(QuestionInput(candidate), context=context)
    return result["outcome"], context.ledger.entry("c2"), entry


async def test_sibling_is_asked_the_same(scripted, folder):
    lines = [asked(SIBLING, "Kappa 50"), critique()]
    lines += [*answered_by_sibling(folder, SIBLING[1]), judgement()]
    outcome, entry, origin = await contrast_of(scripted, folder, lines)
    assert isinstance(outcome, Accepted)
    row = entry.row
    assert (row.machine_code, row.variant, row.derived_from) == ("P50", "contrast", "c1")
    assert "26 Nm" in row.answer
    assert "24 Nm" in origin.row.answer
    assert (row.scope, row.applies_to) == ("machine", ("P50",))


async def test_other_question_is_revised_then_dropped(scripted, folder):
    other = question("When must a drive belt of the Kappa 50 be replaced?", SIBLING[1])
    outcome, entry, _ = await contrast_of(scripted, folder, [other] * 3)
    assert outcome == Dropped("other_question", 3)
    assert any("Kappa 50 be tightened" in step.said for step in entry.life)


async def test_same_answer_is_no_contrast(scripted, folder):
    same = "The jaw must be cleaned with a brush of brass before the first start of every shift."
    lines = [asked(CASE, "Kappa 40"), critique(), *answered(folder, CASE), judgement()]
    outcome, _, context = await life(scripted, folder, write_names(folder), lines)
    assert isinstance(outcome, Accepted)
    entry = context.ledger.entry("c1")
    altered = entry.row.model_copy(update={"answer": same})
    edit_row(context, altered)
    window = next(w for w in context.windows if w.id == entry.row.counterpart)
    candidate = Candidate("c2", 2, window, "contrast", "c1")
    again = [asked((CASE[0], same), "Kappa 50"), critique(), *answered_by_sibling(folder, same)]
    context = await scripted(again, machines=folder / "machines.csv")
    context.ledger.plan([candidate])
    result = await question_graph.ainvoke(QuestionInput(candidate), context=context)
    assert result["outcome"].reason == "no_contrast"


async def test_run_has_its_share_of_contrasts(tmp_path):
    rows = await made(tmp_path / "run", rows=40, contrasts=0.1, unanswerable=0, languages=["en"])
    contrasts = [row for row in rows if row["variant"] == "contrast"]
    assert len(contrasts) == 4
    by_id = {row["id"]: row for row in rows}
    for row in contrasts:
        origin = by_id[row["derived_from"]]
        assert row["machine_code"] != origin["machine_code"]
        assert row["answer"] != origin["answer"]
        assert row["split"] == origin["split"]


async def test_run_without_contrasts_has_none(tmp_path):
    rows = await made(tmp_path / "run", rows=10, contrasts=0, languages=["en"])
    assert not [row for row in rows if row["variant"] == "contrast"]


async def test_run_without_a_directory_has_no_scope(tmp_path):
    rows = await made(tmp_path / "run", machines=None, rows=6, contrasts=0.5, languages=["en"])
    assert {row["scope"] for row in rows} == {None}
    assert {tuple(row["applies_to"]) for row in rows} == {()}
    assert not [row for row in rows if row["variant"] == "contrast"]


async def test_machines_named_like_common_words_have_rows(tmp_path):
    names = tmp_path / "machines.csv"
    names.write_text(
        "filename,machine_name,machine_code,family\n"
        "ares-200-en.json,Press,P1,Start\nares-250-en.json,Eco,P2,Start\n"
    )
    rows = await made(tmp_path / "run", names, rows=12, languages=["en"])
    listed = [row for row in rows if row["machine_name"]]
    assert len(rows) == 12
    assert {row["machine_name"] for row in listed} == {"Press", "Eco"}
    for row in listed:
        other = {"Press": "Eco", "Eco": "Press"}[row["machine_name"]]
        assert row["machine_name"] in row["question"]
        assert f"the {other}" not in row["question"]


async def made(run, machines=EXAMPLES / "machines.csv", **brief):
    run.mkdir()
    settings = read_settings(model="offline", by_role={}, concurrency=4)
    wanted = read_brief({"distractors": 2, **brief}, "brief")
    async with open_context(run, wanted, settings, machines) as context:
        await dataset_graph.ainvoke(DatasetInput(str(EXAMPLES)), context=context)
    return pq.read_table(run / "dataset" / "rows.parquet").to_pylist()


def made_row(number: int, origin: str | None = None, counterpart: str = "w2") -> Made:
    variant = "contrast" if origin else "drafted"
    id = f"r{number:02}"
    return Made(id, variant, origin, "w", "accepted", "", machine="P40", counterpart=counterpart)


def selected(made, brief, fallen=None, siblings=("P40",), windows=("w2",), **options):
    tried = {(each.origin, each.variant) for each in made if each.origin}
    return select_rows(
        made, fallen or {}, brief, tried=tried, siblings=siblings, windows=windows, **options
    )


@pytest.mark.parametrize("count", [8, 12])
def test_contrasts_keep_their_room(count):
    brief = Brief(rows=10, unanswerable=0, contrasts=0.2)
    first = [made_row(number) for number in range(count)]
    found = selected(first, brief)
    assert (len(found.rows), found.contrasts) == (8, 2)
    again = [*first, *(made_row(20 + n, f"r{n:02}") for n in range(2))]
    found = selected(again, brief)
    assert [e.variant for e in found.rows].count("contrast") == 2
    assert (len(found.rows), found.contrasts) == (10, 0)


def test_rows_in_the_room_of_failed_contrasts_may_have_their_own():
    brief = Brief(rows=10, unanswerable=0, contrasts=0.5)
    plain = [made_row(number, counterpart="") for number in range(6)]
    later = [made_row(number) for number in range(6, 10)]
    found = selected([*plain, *later], brief)
    assert found.contrasts == len(found.contrastable) == 2
    assert {e.id for e in found.contrastable} == {"r06", "r07"}


def test_rows_take_the_room_of_contrasts_that_fail():
    brief = Brief(rows=10, unanswerable=0, contrasts=0.2)
    first = [made_row(number, counterpart="") for number in range(12)]
    found = selected(first, brief)
    assert (len(found.rows), found.contrasts) == (10, 0)
    left = [made_row(number) for number in range(12)]
    found = selected(left, brief, nothing_left=True)
    assert (len(found.rows), found.contrasts) == (10, 0)


def test_contrast_goes_with_its_origin():
    brief = Brief(rows=10, unanswerable=0, contrasts=0.2)
    entries = [made_row(n) for n in range(9)] + [made_row(20, "r03")]
    found = selected(entries, brief, {"r03": "duplicate of r01"})
    assert found.set_aside["r20"] == "origin_set_aside of r03"


def test_no_siblings_means_no_contrasts():
    brief = Brief(rows=10, unanswerable=0, contrasts=0.5)
    entries = [made_row(number) for number in range(12)]
    found = selected(entries, brief, siblings=())
    assert (len(found.rows), found.contrasts, found.contrastable) == (10, 0, [])


def test_windows_that_are_gone_give_no_contrast():
    brief = Brief(rows=10, unanswerable=0, contrasts=0.2)
    entries = [made_row(number) for number in range(12)]
    found = selected(entries, brief, windows={"another"})
    assert (len(found.rows), found.contrasts, found.contrastable) == (10, 0, [])
