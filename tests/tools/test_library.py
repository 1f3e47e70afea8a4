import json
from pathlib import Path

import pytest

from tools.documents import Document, DocumentError, read_folder
from tools.library import Library


@pytest.fixture
def documents(tmp_path: Path) -> list[Document]:
    manuals = tmp_path / "manuals"
    manuals.mkdir()
    pages = {"page_1": "# Care\n\nSet 5 bar.", "page_2": "## Oil\n\nPrüfe 6 bar.", "page_3": ""}
    (manuals / "b.json").write_text(json.dumps(pages))
    (manuals / "a.md").write_text("---\ntitle: Drive\n---\n\n# Drive\n\nSet 7 bar.\n")
    return read_folder(manuals)[0]


def test_library_opens_as_written(tmp_path: Path, documents: list[Document]):
    written = Library.write(tmp_path / "run", documents)
    opened = Library.open(tmp_path / "run")
    assert opened.documents == written.documents == tuple(documents)
    assert opened.by_path("b.json") == opened.document(documents[1].id) == documents[1]


def test_library_files_are_stable(tmp_path: Path, documents: list[Document]):
    for run in ("one", "two"):
        Library.write(tmp_path / run, documents)
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert names == sorted([*(f"{each.id}.txt" for each in documents), "documents.jsonl"])
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_library_says_what_each_file_holds(tmp_path: Path, documents: list[Document]):
    Library.write(tmp_path, documents)
    lines = (tmp_path / "documents.jsonl").read_text("utf-8").splitlines()
    record = json.loads(lines[1])
    assert record["path"] == "b.json"
    assert [page["problem"] for page in record["pages"]] == [None, None, "empty page"]
    assert "text" not in record


def test_offset_finds_page_and_section(tmp_path: Path, documents: list[Document]):
    library = Library.write(tmp_path, documents)
    document = library.by_path("b.json")
    first, second = document.text.index("5 bar"), document.text.index("6 bar")
    assert [library.page_at(document, at).number for at in (0, first, second)] == [1, 1, 2]
    assert library.section_at(document, first).path == ("Care",)
    assert library.section_at(document, second).path == ("Care", "Oil")
    with pytest.raises(DocumentError, match="no character"):
        library.page_at(document, len(document.text))


def test_unknown_document_is_refused(tmp_path: Path, documents: list[Document]):
    library = Library.write(tmp_path, documents)
    with pytest.raises(DocumentError, match="no document"):
        library.by_path("c.md")


@pytest.mark.parametrize("damage", ["list missing", "text missing", "text changed", "list cut"])
def test_broken_folder_is_refused(tmp_path: Path, documents: list[Document], damage: str):
    Library.write(tmp_path, documents)
    listed, text = tmp_path / "documents.jsonl", tmp_path / f"{documents[0].id}.txt"
    match damage:
        case "list missing":
            listed.unlink()
        case "text missing":
            text.unlink()
        case "text changed":
            text.write_text("Set 9 bar.")
        case _:
            listed.write_bytes(listed.read_bytes()[:-20])
    with pytest.raises(DocumentError, match="new folder"):
        Library.open(tmp_path)
