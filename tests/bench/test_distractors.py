"""The bench of distractors on folders small enough to know the answers."""

import json
import random
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bench.contexts import context_of, indexed, repeated
from bench.distractor_table import table
from bench.distractors import measure, report
from bench.plants import counterfactual, plant, reword
from bench.poison import Labelled, poison
from bench.positions import survival, uniformity
from bench.questions import QuestionsError, read_manuals, read_questions
from bench.relations import families, is_right, relation
from bench.stated import all_in, converted, values
from tools.passages import Passage

ROOT = Path(__file__).parents[2]
JAW = "The sealing jaw must be tightened to {torque} Nm with a torque wrench, when it is cold."
MUTE = "Open Menu > Sound > Tones, tap the bell, and confirm with the round key."
SECTIONS = {
    "Jaw": JAW,
    "Sound": MUTE,
    "Belt": "The belt is checked every week with a gauge, and replaced when a tooth is missing.",
    "Lamp": "The lamp of the door is lit when a guard is open. Press the round key to reset it.",
    "Film": "The film is threaded over the rollers and pulled out until the mark is seen.",
    "Oil": "The gearbox is filled with oil when it is cold. The level must reach the mark.",
}


def write_folder(folder: Path, *, machines: bool = True) -> Path:
    folder.mkdir()
    for name, torque in (("a", 24), ("b", 46), ("c", 24)):
        text = "\n\n".join(f"# {head}\n\n{body}" for head, body in SECTIONS.items())
        (folder / f"{name}.md").write_text(text.format(torque=torque), "utf-8")
    if machines:
        rows = ["a.md,Ares 1,A1,Ares", "b.md,Ares 2,A2,Ares", "c.md,Vega 3,V3,Vega"]
        header = "filename,machine_name,machine_code,family"
        (folder / "machines.csv").write_text("\n".join([header, *rows]), "utf-8")
    return folder


async def write_questions(folder: Path, path: Path, *asked: tuple[str, str, str]) -> Path:
    documents = (await read_manuals(folder)).documents
    lines: list[str] = []
    for question, document, quote in asked:
        start = documents[document].text.index(quote)
        span = {"document": document, "start": start, "end": start + len(quote)}
        lines.append(json.dumps({"question": question, **span}))
    path.write_text("\n".join(lines), "utf-8")
    return path


TORQUE = ("To what torque is the jaw of the Ares 1 tightened?", "a.md", JAW.format(torque=24))
MUTED = ("How do I mute the tones of the Ares 1?", "a.md", MUTE)


@pytest.fixture
async def measured(tmp_path: Path):
    folder = write_folder(tmp_path / "manuals")
    questions = await write_questions(folder, tmp_path / "q.jsonl", TORQUE, MUTED)
    return await measure(folder, questions, 3, 0)


async def test_copies_poison_the_plain_top(measured):
    top, chosen = measured.arms["top-k"], measured.arms["chosen"]
    assert top.poisoned_contexts == 2
    assert chosen.poisoned.total() == chosen.planted.total() == 0
    assert chosen.passages == 6


async def test_labels_and_contrast_are_counted(measured):
    assert measured.wrong_labels == 0
    assert measured.relations["sibling_contrast"] == 1
    (torque, _) = measured.contexts
    contrast = [p for p in torque["context"] if p["relation"] == "sibling_contrast"]
    assert [p["document"] for p in contrast] == ["b.md"]


async def test_table_tells_every_figure(measured):
    text = "\n".join(table(report(measured)))
    for word in ("poisoned contexts", "planted", "BM25", "p = ", "labels right: 6 of 6"):
        assert word in text
    assert "best possible" in text


async def test_best_possible_bounds_the_chosen(measured):
    arms = report(measured)["arms"]
    best, chosen = arms["best possible"], arms["chosen"]
    assert best["poisoned"]["hits"] == 0
    assert 0 < chosen["bm25"] <= best["bm25"] <= arms["top-k"]["bm25"]
    assert chosen["of_best_possible"] == pytest.approx(chosen["bm25"] / best["bm25"])


async def test_other_values_are_planted_but_never_chosen(measured):
    assert measured.counterfactuals == 1
    assert measured.arms["top-k"].counterfactual == 1
    assert measured.arms["chosen"].counterfactual == 0


async def test_planted_values_differ_in_one_number(tmp_path: Path):
    folder = write_folder(tmp_path / "manuals")
    path = await write_questions(folder, tmp_path / "q.jsonl", TORQUE, MUTED)
    manuals = await read_manuals(folder)
    torque, muted = read_questions(path, manuals)
    planted = [counterfactual(torque, number, manuals, str(number)) for number in range(3)]
    assert [each.machine for each in planted if each] == [None, "A1", "A2"]
    for each in planted:
        assert "24" not in each.text
        assert re.sub(r"\d4 Nm", "24 Nm", each.text) == torque.oracles[0].text
    assert counterfactual(muted, 0, manuals, "0") is None


async def test_question_about_two_machines_names_none(tmp_path: Path):
    folder = write_folder(tmp_path / "manuals")
    both = ("Is the torque of the Ares 1 that of the Ares 2?", *TORQUE[1:])
    path = await write_questions(folder, tmp_path / "q.jsonl", TORQUE, both)
    one, two = read_questions(path, await read_manuals(folder))
    assert (one.labelled.machine, two.labelled.machine) == ("A1", None)


def test_repeated_passages_are_counted():
    texts = (JAW.format(torque=24), MUTE, JAW.format(torque=46), MUTE)
    passages = [
        Passage(str(n), str(n), f"{n}.md", 0, 9, text, (1, 1), (), "en")
        for n, text in enumerate(texts)
    ]
    assert repeated(passages) == 2
    assert repeated(passages[:2]) == 0


async def test_unnamed_contrast_is_a_second_answer(tmp_path: Path):
    folder = write_folder(tmp_path / "manuals", machines=False)
    question = ("To what torque is the jaw tightened?", *TORQUE[1:])
    path = await write_questions(folder, tmp_path / "q.jsonl", question)
    measured = await measure(folder, path, 4, 0)
    assert set(measured.relations) <= {"same_document", "other_document"}
    assert measured.arms["chosen"].poisoned.total() == 0
    assert measured.arms["top-k"].poisoned["second_answer"] == 1


@pytest.mark.parametrize("number", range(3))
async def test_planted_copy_is_found_but_never_chosen(tmp_path: Path, number: int):
    folder = write_folder(tmp_path / "manuals")
    path = await write_questions(folder, tmp_path / "q.jsonl", TORQUE, MUTED)
    manuals = await read_manuals(folder)
    for question in read_questions(path, manuals):
        planted = plant(question, number, manuals, "seed")
        assert planted.machine == "A2"
        grown = replace(manuals, passages=(*manuals.passages, planted))
        async with indexed(grown.passages) as index:
            context = await context_of(question, index, grown, k=4, seed="s")
        assert planted.id in context.scores
        assert planted not in context.taken["chosen"]


@pytest.mark.parametrize(
    ("text", "how"),
    [
        (f"Note. {JAW.format(torque=24)}", "values"),
        ("Tighten it to 24000 Nmm.", "values"),
        ("The sealing jaw must be tightened with a torque wrench, when it is cold.", "words"),
        (JAW.format(torque=46), "second_answer"),
        ("The sealing jaw is made of steel.", None),
    ],
)
def test_judge_names_the_poison(text: str, how: str | None):
    asked = Labelled("How tight is the jaw?", JAW.format(torque=24), "en", None, ())
    passage = Passage("p", "d", "b.md", 0, len(text), text, (1, 1), (), "en", "A2")
    assert poison(passage, asked) == how
    if how == "second_answer":
        assert poison(passage, replace(asked, machine="A1")) is None


def test_labelled_spans_are_poison():
    asked = Labelled("?", "x", "en", None, (("b.md", 10, 20),))
    passage = Passage("p", "d", "b.md", 15, 30, "nothing", (1, 1), (), "en")
    assert poison(passage, asked) == "labelled"
    assert poison(replace(passage, start=20), asked) is None


@pytest.mark.parametrize(
    ("a", "b", "same"),
    [
        ("1,500 hours", "90000 min", True),
        ("160 °C", "320 °F", True),
        ("6.5 bar", "0.65 MPa", True),
        ("24 Nm", "24.2 Nm", False),
        ("AR2-4471-B", "AR2-4471-C", False),
        ("2. Tap", "2", False),
    ],
)
def test_values_are_compared_in_base_units(a: str, b: str, same: bool):
    assert (bool(values(a)) and all_in(values(a), values(b))) == same


def test_rewordings_keep_their_values():
    text = "First wait, then tighten it to 24 Nm. Grease it every 200 hours with 4 g."
    for how in ("reordered", "reworded", "converted"):
        told = reword(text, how, "en", random.Random(1))
        assert told != text
        assert all_in(values(text), values(told))
        assert all_in(values(told), values(text))
    assert converted("24 Nm for 3 to 5 s").endswith(" for 3 to 5 s")


# Abramowitz and Stegun, table 26.8: the 5 % points.
@pytest.mark.parametrize(
    ("squared", "freedom"), [(3.84146, 1), (5.99146, 2), (9.48773, 4), (18.3070, 10)]
)
def test_survival_is_that_of_the_tables(squared: float, freedom: int):
    assert survival(squared, freedom) == pytest.approx(0.05, abs=1e-5)


def test_uniformity_sees_a_favoured_place():
    chosen = random.Random(3)
    assert uniformity([(chosen.randrange(5), 5) for _ in range(500)])[2] > 0.05
    assert uniformity([(0, 5)] * 50 + [(n % 5, 5) for n in range(50)])[2] < 0.001


def test_relations_come_from_the_list_or_the_names(tmp_path: Path):
    known = families(write_folder(tmp_path / "manuals"))
    assert [relation("a.md", other, known) for other in ("a.md", "b.md", "c.md")] == [
        "same_machine",
        "sibling",
        "other_machine",
    ]
    assert relation("a.md", "a.md", {}) == "same_document"
    assert relation("a.md", "b.md", families(tmp_path)) == "other_document"


def test_wrong_labels_are_seen(tmp_path: Path):
    known = families(write_folder(tmp_path / "manuals"))
    quote = JAW.format(torque=24)
    asked = Labelled("How tight?", "With 24 N·m, and not more.", "en", "A1", ())
    text = JAW.format(torque=46)
    other = Passage("p", "d", "b.md", 0, len(text), text, (1, 1), (), "en", "A2")
    assert is_right("sibling_contrast", other, "a.md", asked, quote, known)
    assert not is_right("other_machine", other, "a.md", asked, quote, known)
    same = replace(other, text=JAW.format(torque=24))
    assert not is_right("sibling_contrast", same, "a.md", asked, quote, known)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        '{"question": "?"}',
        '{"question": "?", "document": "z.md", "start": 0, "end": 1}',
        '{"question": "?", "document": "a.md", "start": 5, "end": 99999}',
        '{"question": 3, "document": "a.md", "start": 0, "end": 1}',
    ],
)
async def test_unusable_line_is_told(tmp_path: Path, line: str):
    manuals = await read_manuals(write_folder(tmp_path / "manuals"))
    path = tmp_path / "q.jsonl"
    path.write_text(f"\n{line}\n", "utf-8")
    with pytest.raises(QuestionsError, match="line 2"):
        read_questions(path, manuals)


async def test_example_questions_quote_whole_sentences():
    manuals = await read_manuals(ROOT / "examples" / "manuals")
    questions = read_questions(ROOT / "examples" / "questions.jsonl", manuals)
    assert len(questions) > 50
    for question in questions:
        assert question.quote[0].isupper()
        assert question.quote[-1] == "."
        assert question.oracles


def test_bench_prints_json(tmp_path: Path):
    lines = (ROOT / "examples" / "questions.jsonl").read_text("utf-8").splitlines()
    path = tmp_path / "q.jsonl"
    path.write_text("\n".join(lines[:4]), "utf-8")
    command = [sys.executable, "-m", "bench.distractors", ROOT / "examples" / "manuals", path]
    ran = subprocess.run([*command, "--json"], cwd=ROOT, capture_output=True, text=True, check=True)
    figures = json.loads(ran.stdout)
    assert figures["questions"] == len(figures["contexts"]) == 4
    assert "questions: 4 of 4" in ran.stderr
