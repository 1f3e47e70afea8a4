import json
import os
import unicodedata
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.documents import Document, DocumentError, read_folder

ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"
FOLDERS = [ROOT / "examples" / "manuals", *sorted(CORPUS.glob("*/"))]


def read_one(folder: Path, name: str, content: str | bytes) -> Document:
    raw = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(raw)
    documents, unreadable = read_folder(folder)
    assert [line for line in unreadable if line.page is None] == []
    return next(document for document in documents if document.path == name)


def why_unreadable(folder: Path, name: str, content: bytes) -> str:
    (folder / name).write_bytes(content)
    documents, unreadable = read_folder(folder)
    assert documents == []
    assert [line.path for line in unreadable] == [name]
    return unreadable[0].reason


def assert_spans_cover(document: Document) -> None:
    for spans in (document.pages, document.sections):
        assert spans[0].start == 0
        assert spans[-1].end == len(document.text)
        assert all(a.end == b.start for a, b in pairwise(spans))


def assert_text_is_clean(text: str) -> None:
    assert unicodedata.is_normalized("NFC", text)
    assert all(char == "\n" or char.isprintable() for char in text)
    assert "\N{SOFT HYPHEN}" not in text


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_real_manuals_keep_spans(folder: Path):
    if not folder.is_dir() or not any(folder.iterdir()):
        pytest.skip(f"{folder.name} is not in this checkout")
    documents, unreadable = read_folder(folder)
    assert documents
    for document in documents:
        assert_spans_cover(document)
        assert_text_is_clean(document.text)
        numbers = [page.number for page in document.pages]
        assert numbers == sorted(set(numbers))
        pages = "".join(document.text[page.start : page.end] for page in document.pages)
        assert pages == document.text
    usable = sum(page.problem is None for document in documents for page in document.pages)
    assert usable >= 0.7 * sum(len(document.pages) for document in documents)
    assert all(line.reason for line in unreadable)


def test_missing_folder_is_refused(tmp_path: Path):
    with pytest.raises(DocumentError, match="no folder"):
        read_folder(tmp_path / "nowhere")


def test_files_come_in_path_order(tmp_path: Path):
    (tmp_path / "b").mkdir()
    for name in ("z.md", "a.txt", "b/c.md"):
        (tmp_path / name).write_text("Torque 25 Nm.")
    seen: list[tuple[str, int, int]] = []
    documents, _ = read_folder(tmp_path, lambda path, done, total: seen.append((path, done, total)))
    assert [document.path for document in documents] == ["a.txt", "b/c.md", "z.md"]
    assert seen == [("a.txt", 0, 3), ("b/c.md", 1, 3), ("z.md", 2, 3)]


def test_settings_files_are_no_documents(tmp_path: Path):
    for name in ("machines.csv", "info_files.csv", "brief.yaml", "officina.yaml", ".hidden.md"):
        (tmp_path / name).write_text("x")
    assert read_folder(tmp_path) == ([], [])


def test_identity_follows_path_and_content(tmp_path: Path):
    first = read_one(tmp_path, "a.md", "Torque 25 Nm.")
    copy = read_one(tmp_path, "b.md", "Torque 25 Nm.")
    assert first.sha256 == copy.sha256
    assert first.id != copy.id
    assert len(first.id) == 12
    assert read_one(tmp_path, "a.md", "Torque 26 Nm.").id != first.id


def test_language_is_found_by_page(tmp_path: Path):
    pages = {
        "page_1": "The operator checks the oil level before the machine is started.",
        "page_2": "L'operatore controlla il livello dell'olio prima di avviare la macchina.",
    }
    document = read_one(tmp_path, "a.json", json.dumps(pages))
    assert [page.language for page in document.pages] == ["en", "it"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("broken.json", b'{"page_1": "x', "not JSON"),
        ("number.json", b"3", "no pages"),
        ("deep.json", b"[" * 100_000, "too deep"),
        ("twice.json", b'[{"page": 1, "text": "a"}, {"page": 1, "text": "b"}]', "same number"),
        ("line.jsonl", b'{"page": 1, "text": "a"}\n{', "Line 2"),
        ("empty.md", b"", "empty"),
        ("blank.txt", b" \n\n ", "empty"),
        ("tags.md", b"---\ntitle: A\n---\n{% include a.md %}\n", "no text of its own"),
        ("binary.txt", bytes(range(32)) * 40, "binary"),
        ("nul.html", b"<p>x</p>\0", "binary"),
        ("odd.txt", bytes(range(128, 256)) * 20, "encoding"),
        ("nested.html", b"<div>" * 20_000 + b"5 bar", "too deep"),
        ("letter.docx", b"x", "are not read"),
        ("noise.pdf", b"x" * 500, "damaged"),
    ],
)
def test_unreadable_file_says_why(tmp_path: Path, name: str, content: bytes, said: str):
    assert said in why_unreadable(tmp_path, name, content)


def test_huge_line_is_not_read(tmp_path: Path):
    with (tmp_path / "line.txt").open("wb") as file:
        file.truncate(200 * 2**20)
    _, unreadable = read_folder(tmp_path)
    assert "split it" in unreadable[0].reason


def test_links_in_circles_are_listed(tmp_path: Path):
    (tmp_path / "loop.md").symlink_to("loop.md")
    (tmp_path / "self").symlink_to(tmp_path)
    (tmp_path / "gone.md").symlink_to("nowhere.md")
    documents, unreadable = read_folder(tmp_path)
    assert documents == []
    assert [line.path for line in unreadable] == ["gone.md", "loop.md", "self"]


def test_one_bad_file_stops_nothing(tmp_path: Path):
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "good.txt").write_text("Torque 25 Nm.")
    documents, unreadable = read_folder(tmp_path)
    assert [document.text for document in documents] == ["Torque 25 Nm.\n"]
    assert [line.path for line in unreadable] == ["bad.json"]


def test_name_that_is_no_text(tmp_path: Path):
    raw = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    with open(raw, "w") as file:  # noqa: PTH123
        file.write("Torque 25 Nm.")
    documents, _ = read_folder(tmp_path)
    assert documents[0].path == "caf\\udce9.txt"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_recognised(tmp_path: Path, encoding: str):
    text = "Die Presse läuft mit 5 bar, und der Überdruck ist für die Pumpe gefährlich."
    assert read_one(tmp_path, "a.txt", text.encode(encoding)).text == text + "\n"


@pytest.mark.parametrize("times", [1, 20])
def test_western_accents_are_not_taken_for_eastern(tmp_path: Path, times: int):
    text = (
        "La città è già qui: l’unità “pronta” si può aprire perché il motore è più caldo. " * times
    )
    assert read_one(tmp_path, "a.txt", text.encode("cp1252")).text == text.strip() + "\n"


def test_eastern_text_keeps_its_encoding(tmp_path: Path):
    text = "Sprawdź moment dokręcania śruby. Należy wyłączyć maszynę przed czyszczeniem."
    assert read_one(tmp_path, "a.txt", text.encode("cp1250")).text == text + "\n"


def test_folder_of_a_run_is_no_manual(tmp_path: Path):
    run = tmp_path / "runs" / "first"
    (run / "documents").mkdir(parents=True)
    for name in ("run.json", "ledger.sqlite", "documents/a.txt"):
        (run / name).write_text("The jaw takes 24 Nm.", "utf-8")
    (tmp_path / "a.txt").write_text("The jaw takes 24 Nm.", "utf-8")
    documents, unreadable = read_folder(tmp_path)
    assert [document.path for document in documents] == ["a.txt"]
    assert [line.path for line in unreadable] == ["runs/first"]


TEXTS = st.text(st.characters(codec="utf-8"), max_size=300)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pages=st.lists(TEXTS, min_size=1, max_size=5))
def test_any_pages_keep_spans(tmp_path: Path, pages: list[str]):
    (tmp_path / "a.json").write_text(json.dumps(pages))
    documents, _ = read_folder(tmp_path)
    for document in documents:
        assert len(document.pages) == len(pages)
        if document.text:
            assert_spans_cover(document)
        assert_text_is_clean(document.text)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=TEXTS, suffix=st.sampled_from([".md", ".txt", ".html"]))
def test_any_text_keeps_spans(tmp_path: Path, text: str, suffix: str):
    for old in tmp_path.iterdir():
        old.unlink()
    (tmp_path / f"a{suffix}").write_text(text, "utf-8")
    documents, unreadable = read_folder(tmp_path)
    assert len(documents) + sum(line.page is None for line in unreadable) == 1
    for document in documents:
        assert_spans_cover(document)
        assert_text_is_clean(document.text)
