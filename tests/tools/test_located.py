"""An index that was there before the run: hits found back in the documents, or lost."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.elastic_cluster import own_indices
from tools.documents import Document, read_folder
from tools.elastic import ElasticIndex
from tools.elastic_cluster import Cluster
from tools.elastic_schema import Fields, Making
from tools.foreign import ForeignLeads, OwnLeads
from tools.index import IndexUnavailableError
from tools.library import Library
from tools.located import Lead, LocatedIndex, best_span
from tools.passages import split

HEADINGS = ("Jaw", "Oil", "Belt")
PRESS = (
    "The sealing jaw of the press must be tightened to 24 Nm before every shift.",
    "The gearbox holds 1.5 litres of oil of grade VG 220.\n\nNever mix two grades of oil.",
    "A belt with cracks must be replaced at once, whatever its age may be.",
)
FIELDS = Fields(text="content", document="file", machine="tag")


@pytest.fixture
def library(tmp_path: Path) -> Library:
    for name, torque in (("press-40", "24"), ("press-60", "31")):
        pages = {
            f"page_{n}": f"# {heading}\n\n{text.replace('24', torque)}"
            for n, (heading, text) in enumerate(zip(HEADINGS, PRESS, strict=True), start=1)
        }
        (tmp_path / f"{name}.json").write_text(json.dumps(pages), encoding="utf-8")
    documents, _ = read_folder(tmp_path)
    machines = {"press-40.json": "P40", "press-60.json": "P60"}
    return Library(replace(d, machine=machines[d.path]) for d in documents)


@pytest.fixture
async def found(elasticsearch_url: str) -> AsyncIterator[tuple[Cluster, str]]:
    async with own_indices(elasticsearch_url) as given:
        yield given


@pytest.fixture
def lost() -> list[tuple[str, str]]:
    return []


Opened = tuple[LocatedIndex, list[tuple[str, str]]]


async def foreign(
    found: tuple[Cluster, str], library: Library, *records: dict[str, str], fields: Fields = FIELDS
) -> Opened:
    cluster, name = found
    mapping = {"tag": {"type": "keyword"}, "content": {"type": "text"}}
    await cluster.client.indices.create(index=name, mappings={"properties": mapping})
    for number, record in enumerate(records):
        await cluster.client.index(index=name, id=str(number), document=record, refresh=True)
    gone: list[tuple[str, str]] = []
    index = LocatedIndex(
        ForeignLeads(cluster, name, fields), lambda: library, lambda *lead: gone.append(lead)
    )
    return index, gone


async def test_foreign_hit_becomes_a_span(found, library) -> None:
    chunk = "holds 1.5 litres of oil of grade VG 220. Never mix two grades"
    index, gone = await foreign(
        found, library, {"tag": "P40", "file": "press-40", "content": chunk}
    )
    [hit] = await index.search("oil grade", k=5, machine="P40")
    document = library.by_path("press-40.json")
    assert hit.passage.text == document.text[hit.passage.start : hit.passage.end]
    assert hit.passage.text.startswith("holds 1.5 litres")
    assert (hit.passage.document, hit.passage.machine) == ("press-40.json", "P40")
    assert hit.passage.pages == (2, 2)
    assert await index.get([hit.passage.id]) == [hit.passage]
    assert gone == []


async def test_text_of_no_document_is_lost(found, library) -> None:
    stray = {"tag": "P40", "file": "press-40.pdf", "content": "The oil of the pump is blue."}
    index, gone = await foreign(found, library, stray)
    assert await index.search("oil", k=5) == []
    assert await index.search("oil", k=5) == []
    assert gone == [("0", "press-40.pdf")]


async def test_sibling_is_not_taken_for_the_machine(found, library) -> None:
    nowhere = {"tag": "P40", "file": "press-40.json", "content": PRESS[0].replace("24", "31")}
    index, _ = await foreign(found, library, nowhere)
    [hit] = await index.search("sealing jaw", k=5, machine="P40")
    assert "24 Nm" in hit.passage.text
    assert hit.passage.document == "press-40.json"


async def test_without_a_file_only_the_same_text_counts(found, library) -> None:
    exact = {"content": PRESS[0].replace("24", "31")}
    near = {"content": "The sealing jaw of the press must be tightened to 99 Nm before all shifts."}
    fields = Fields(text="content")
    index, gone = await foreign(found, library, exact, near, fields=fields)
    hits = await index.search("sealing jaw", k=5)
    assert [hit.passage.document for hit in hits] == ["press-60.json"]
    assert gone == [("1", "")]


async def test_hits_of_other_machines_are_left_out(found, library) -> None:
    both = [{"tag": "", "file": f"press-{n}.json", "content": PRESS[2]} for n in (40, 60)]
    fields = Fields(text="content", document="file")
    index, gone = await foreign(found, library, *both, fields=fields)
    hits = await index.search("belt cracks", k=5, machine="P60")
    assert [hit.passage.machine for hit in hits] == ["P60"]
    assert gone == []


async def test_path_tells_two_files_of_one_name_apart(found, library, tmp_path) -> None:
    folder = tmp_path / "old"
    folder.mkdir()
    copy = (tmp_path / "press-40.json").read_bytes()
    (folder / "press-40.json").write_bytes(copy)
    documents, _ = read_folder(tmp_path)
    both = Library(documents)
    record = {"tag": "", "file": "old/press-40.json", "content": PRESS[2]}
    index, _ = await foreign(found, both, record)
    hits = await index.search("belt cracks", k=5)
    assert [hit.passage.document for hit in hits] == ["old/press-40.json"]


async def test_lead_too_long_to_cite_is_lost(found, library) -> None:
    endless = {"tag": "", "file": "press-40.json", "content": f"{PRESS[0]} " * 400}
    index, gone = await foreign(found, library, endless)
    assert await index.search("sealing jaw", k=5) == []
    assert gone == [("0", "press-40.json")]


async def test_missing_text_field_is_a_sentence(found, library) -> None:
    index, _ = await foreign(found, library, {"body": "x"}, fields=Fields(text="content"))
    with pytest.raises(IndexUnavailableError, match=r"'content'.*elasticsearch\.fields"):
        await index.fill("one", [])


async def test_own_index_is_read_as_it_is(found, library) -> None:
    cluster, name = found
    passages = [passage for document in library.documents for passage in split(document)]
    own = ElasticIndex(cluster, name, Making())
    await own.fill("one", [passages])
    reader = ElasticIndex(cluster, name, Making())
    index = LocatedIndex(OwnLeads(reader), lambda: library, lambda *_: pytest.fail("lost"))
    await index.fill("other", [])
    assert await index.count() == len(passages)
    for machine in ("P40", "P60"):
        theirs = await own.search("sealing jaw", k=2, machine=machine, language="en")
        ours = await index.search("sealing jaw", k=2, machine=machine, language="en")
        assert [hit.passage for hit in ours] == [hit.passage for hit in theirs]


class NoLeads:
    """Leads to nothing, for what an index does without a search."""

    async def check(self) -> None:
        pass

    async def find(self, query: str, k: int, **_: str | None) -> list[Lead]:
        return []

    async def count(self) -> int:
        return 0


async def test_pages_and_neighbours_come_from_the_documents(library) -> None:
    index = LocatedIndex(NoLeads(), lambda: library, lambda *_: None)
    own = split(library.by_path("press-40.json"))
    assert await index.pages("press-40.json", 1, 3) == own
    assert await index.pages("press-40.json", 3, 2) == []
    assert await index.pages("unknown", 1, 3) == []
    assert await index.neighbours(own[1].id) == own[0:3]
    assert await index.neighbours(own[0].id, before=2, after=0) == own[:1]
    assert await index.neighbours("unknown") == []


@pytest.mark.parametrize("id", ["", "x:1-2", "{}:5-5", "{}:5-4", "{}:0-99999", "{}:a-b", "{}"])
async def test_impossible_ids_are_left_out(library, id: str) -> None:
    index = LocatedIndex(NoLeads(), lambda: library, lambda *_: None)
    assert await index.get([id.format(library.documents[0].id)]) == []


@given(st.integers(0, 200), st.integers(20, 400))
def test_any_cut_is_found_where_it_stands(start: int, length: int) -> None:
    text = "\n\n".join(PRESS)
    cut = " ".join(text[start : start + length].split())
    made = Document("d", "d.md", "", "", text, (), (), False)
    span = best_span(cut, [made], 90.0)
    if len(cut) > 30:
        assert span is not None
        assert abs(span[1] - start) <= 12
