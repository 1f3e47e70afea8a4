"""What every Index must do, whichever engine is behind it."""

import uuid
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
import tantivy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.elastic import ElasticIndex
from tools.elastic_cluster import Access, Cluster
from tools.elastic_schema import Making
from tools.embedded import EmbeddedIndex
from tools.index import Index, IndexUnavailableError
from tools.passages import Passage
from tools.patience import Patience

Open = Callable[[Path], Index]

INFLECTED = [
    ("it", "Le viti devono essere regolate ogni settimana.", "regolata settimane"),
    ("en", "The screws are tightened with a torque wrench.", "tightening screw"),
    ("de", "Die Schrauben werden wöchentlich geprüft.", "Schraube wöchentliche"),
    ("fr", "Les courroies sont remplacées par le technicien.", "remplacer courroie"),
    ("es", "Los tornillos se aprietan con llaves dinamométricas.", "tornillo llave"),
    ("pt", "Os parafusos são apertados pelos técnicos.", "parafuso técnico"),
    ("nl", "De riemen worden wekelijks gereinigd.", "riem"),
]


def passage(start: int, text: str, **changes: object) -> Passage:
    made = Passage(
        id=f"d:{start}-{start + len(text)}",
        document_id="d",
        document="d.md",
        start=start,
        end=start + len(text),
        text=text,
        pages=(start // 100 + 1, start // 100 + 1),
        section=("Manual",),
        language="en",
        machine=None,
    )
    return replace(made, **changes)


SAMPLE = [
    passage(0, "The belt of the feeder runs at 30 metres a minute."),
    passage(100, "The guard must be closed before the belt starts."),
    passage(200, "Alarm E214 means that the film has run out."),
    passage(300, "Pressure is set to 6 bar with regulator AR2-4471-B."),
    passage(
        0, "La guardia del nastro va chiusa.", id="i:0-1", document_id="i", document="sub/i.json"
    ),
]


@pytest.fixture(params=["embedded", "elastic"])
async def opener(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    if request.param == "embedded":
        yield EmbeddedIndex
        return
    cluster = Cluster(Access((request.getfixturevalue("elasticsearch_url"),)), Patience(5))
    alias = f"contract-{uuid.uuid4().hex[:8]}"
    yield lambda _: ElasticIndex(cluster, alias, Making())
    await drop(cluster, alias)
    await cluster.close()


async def drop(cluster: Cluster, alias: str) -> None:
    names = list(await cluster.client.indices.get(index=f"{alias}-*"))
    if names:
        await cluster.client.indices.delete(index=names)


async def refill(index: Index, *added: Passage) -> None:
    """Fill the index with the sample and more; a passage with a known id replaces it."""
    passages = {p.id: p for p in [*SAMPLE, *added]}
    content = sha256(repr(passages).encode()).hexdigest()
    await index.fill(content, [list(passages.values())])


@pytest.fixture
async def index(opener: Open, tmp_path: Path) -> Index:
    made = opener(tmp_path / "index")
    await refill(made)
    return made


async def texts(index: Index, query: str, **filters: str) -> list[str]:
    return [hit.passage.text for hit in await index.search(query, k=5, **filters)]


async def test_hits_are_ranked_and_whole(index: Index) -> None:
    hits = await index.search("alarm E214 film", k=3)
    assert hits[0].passage == SAMPLE[2]
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.score > 0 for hit in hits)


async def test_filling_again_changes_nothing(index: Index) -> None:
    before = await index.search("belt guard", k=5)

    def never() -> Iterator[list[Passage]]:
        raise AssertionError("the index was filled with this content before")
        yield []

    await index.fill(sha256(repr({p.id: p for p in SAMPLE}).encode()).hexdigest(), never())
    assert await index.count() == len(SAMPLE)
    assert await index.search("belt guard", k=5) == before


async def test_other_content_takes_the_place(index: Index) -> None:
    await index.fill("other", [SAMPLE[:1], SAMPLE[1:2]])
    assert await index.count() == 2
    assert await texts(index, "alarm") == []


async def test_cut_off_fill_is_made_again(opener: Open, index: Index, tmp_path: Path) -> None:
    def cut() -> Iterator[list[Passage]]:
        yield SAMPLE[:2]
        raise InterruptedError

    with pytest.raises(InterruptedError):
        await index.fill("other", cut())
    again = opener(tmp_path / "index")
    await again.fill("other", [SAMPLE[:2], SAMPLE[2:3]])
    assert await again.count() == 3


async def test_same_id_replaces_the_passage(index: Index) -> None:
    await refill(index, replace(SAMPLE[2], machine="OR40"))
    assert await index.count() == len(SAMPLE)
    assert [p.machine for p in await index.get([SAMPLE[2].id])] == ["OR40"]
    assert await texts(index, "alarm", machine="OR40") == [SAMPLE[2].text]


async def test_filters_are_strict(index: Index) -> None:
    sibling = replace(SAMPLE[0], id="o:0-1", document="o.md", document_id="o", machine="OR40")
    italian = passage(500, "Il nastro corre a 30 metri al minuto.", language="it", machine="OR40")
    await refill(index, sibling, italian)
    hits = await index.search("belt nastro", k=9, machine="OR40")
    assert {hit.passage.id for hit in hits} == {sibling.id, italian.id}
    hits = await index.search("belt nastro", k=9, machine="OR40", language="it")
    assert [hit.passage.id for hit in hits] == [italian.id]
    hits = await index.search("belt", k=9, document="o.md")
    assert [hit.passage.id for hit in hits] == [sibling.id]
    assert await index.search("belt", k=9, machine="OR4") == []


async def test_codes_are_found_exactly(index: Index) -> None:
    assert (await texts(index, "ar2-4471-b"))[0] == SAMPLE[3].text
    assert await texts(index, "E215") == []


@pytest.mark.parametrize(("language", "text", "query"), INFLECTED)
async def test_stemmer_matches_inflected_words(
    index: Index, language: str, text: str, query: str
) -> None:
    await refill(index, passage(900, text, language=language))
    for word in query.split():
        assert await texts(index, word, language=language) == [text]
        assert text in await texts(index, word)


async def test_embedded_stemmer_matches_verb_forms(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index")
    text = "Le viti devono essere regolate ogni settimana."
    await refill(index, passage(900, text, language="it"))
    assert await texts(index, "regolare", language="it") == [text]


async def test_accents_may_be_left_out(index: Index) -> None:
    await refill(index, passage(900, "La presión del aire es de 6 bar.", language="es"))
    assert await texts(index, "presion aire", language="es")


async def test_unsupported_language_is_searched(index: Index) -> None:
    text = "Пояс движется."
    await refill(index, passage(900, text, language="ru"))
    assert await texts(index, "пояс") == await texts(index, "пояс", language="ru") == [text]


async def test_section_weighs_more_than_text(index: Index) -> None:
    words = "Check the hopper and the valve each day."
    above = passage(600, words, section=("Care", "Lubrication"))
    inside = passage(700, f"{words} Lubrication is done.", section=("Care", "Checks"))
    await refill(index, inside, above)
    hits = await index.search("lubrication", k=2)
    assert [hit.passage.id for hit in hits] == [above.id, inside.id]


async def test_equal_scores_follow_the_id(index: Index) -> None:
    twins = [passage(1000 + n, "Rinse the nozzle.", id=f"t:{n:02}") for n in range(30)]
    await index.fill("twins", [twins[15:], twins[:15]])
    hits = await index.search("nozzle", k=5)
    assert [hit.passage.id for hit in hits] == [f"t:{n:02}" for n in range(5)]


async def test_neighbours_stop_at_document_edges(index: Index) -> None:
    first, second, third, last = (p.id for p in SAMPLE[:4])

    async def around(passage_id: str, **counts: int) -> list[str]:
        return [p.id for p in await index.neighbours(passage_id, **counts)]

    assert await around(first) == [first, second]
    assert await around(third) == [second, third, last]
    assert await around(last, before=2, after=2) == [second, third, last]
    assert await around(second, before=0, after=0) == [second]
    assert await around("unknown") == []


async def test_pages_are_read_in_order(index: Index) -> None:
    assert await index.pages("d.md", 2, 3) == SAMPLE[1:3]
    assert await index.pages("d.md", -5, 10**30) == SAMPLE[:4]
    assert await index.pages("d.md", 3, 2) == []
    assert await index.pages("unknown.md", 1, 9) == []


async def test_get_keeps_the_order_asked(index: Index) -> None:
    ids = [SAMPLE[3].id, "unknown", SAMPLE[0].id]
    assert await index.get(ids) == [SAMPLE[3], SAMPLE[0]]
    assert await index.get([]) == []


async def test_reopening_finds_the_same(opener: Open, index: Index, tmp_path: Path) -> None:
    before = await index.search("the guard of the belt", k=5)
    again = opener(tmp_path / "index")
    await refill(again)
    assert await again.count() == len(SAMPLE)
    assert await again.search("the guard of the belt", k=5) == before
    await refill(again, passage(800, "A later line."))
    assert await again.count() == len(SAMPLE) + 1


@pytest.mark.parametrize(
    "query",
    [
        *["", " ", "?!", "the", "😀", "\ud800", "\0", "*", "[a TO z]"],
        *[
            "belt AND",
            '"belt',
            "text_en:belt",
            "+belt -(",
            "belt~9^",
            "belt " * 5000,
            "x" * 100_000,
        ],
    ],
    ids=lambda query: ascii(query[:12]),
)
async def test_strange_queries_never_raise(index: Index, query: str) -> None:
    found = await texts(index, query)
    assert (SAMPLE[0].text in found) == ("belt" in query)
    assert await index.get([query]) == []


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(query=st.text(st.characters(), max_size=200), language=st.sampled_from([None, "it", "xx"]))
async def test_any_text_is_a_query(index: Index, query: str, language: str | None) -> None:
    hits = await index.search(query, k=3, language=language)
    assert len(hits) <= 3


async def test_no_hits_are_asked_for(index: Index) -> None:
    assert await index.search("belt", k=0) == []


def test_broken_folder_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "meta.json").write_text("{")
    with pytest.raises(IndexUnavailableError, match="remove that folder"):
        EmbeddedIndex(tmp_path)


async def test_folder_written_by_another_is_a_sentence(tmp_path: Path) -> None:
    index = EmbeddedIndex(tmp_path / "index")
    await refill(index)
    other = tantivy.Index.open(str(tmp_path / "index"))
    writer = other.writer(15_000_000, num_threads=1)
    with pytest.raises(IndexUnavailableError, match="Another process writes"):
        await refill(index, passage(800, "A later line."))
    writer.rollback()


def test_folder_of_another_schema_is_a_sentence(tmp_path: Path) -> None:
    tantivy.Index(tantivy.SchemaBuilder().build(), path=str(tmp_path))
    with pytest.raises(IndexUnavailableError, match="remove that folder"):
        EmbeddedIndex(tmp_path)
