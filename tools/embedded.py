"""EmbeddedIndex: the Index on tantivy, in a folder, in this process; vectors lie beside it.

Each language has its own pair of fields, text and section, with its stemmer and stop words; a
passage fills the pair of its language. Queries are built term by term, so any text is valid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import tantivy
from pydantic import TypeAdapter
from tantivy import Filter, Occur, Query

from tools.embeddings import Embedder
from tools.index import FUSED, Hit, IndexUnavailableError, SearchKind, fuse
from tools.language import LANGUAGES, NAMES, stop_words
from tools.library import write_whole
from tools.passages import Passage
from tools.vectors import Vectors

_MARK = "complete"
_OTHER = "other"
_SECTION_BOOST = 2.0
_MOST_TERMS = 64
_MOST_TIES = 32
_LONGEST_TERM = 100
_WRITER_BYTES = 30_000_000
_FAR = 2**63 - 1
_TOKENS = r"\p{N}+(?:[.,]\p{N}+)+|[\p{L}\p{M}\p{N}]+"
_passage = TypeAdapter(Passage)


class EmbeddedIndex:
    """An Index kept in a folder of its own, which is opened or made; `find` as in ElasticIndex."""

    def __init__(
        self, folder: Path, *, find: SearchKind = "bm25", embeddings: Embedder | None = None
    ) -> None:
        """Open the index in the folder, or make it; IndexUnavailableError when it is unusable."""
        self._folder = folder
        self._kind: SearchKind = find
        self._vectors = Vectors(folder / "vectors", embeddings) if embeddings else None
        self._schema = _schema()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._index = tantivy.Index(self._schema, path=str(folder))
        except (ValueError, OSError) as error:
            raise IndexUnavailableError(
                f"The index in {folder} cannot be opened ({error}): remove that folder, "
                "and it is made again from the documents."
            ) from error
        for name in (*LANGUAGES, _OTHER):
            self._index.register_tokenizer(name, _analyzer(name))
        self._refresh()

    async def fill(self, content: str, batches: Iterable[Sequence[Passage]]) -> None:
        """Make these passages the index's, unless it was filled with this content before."""
        mark = self._folder / _MARK
        before = mark.read_text("utf-8") if mark.exists() else None
        if self._vectors:
            content = f"{content} {self._vectors.name}"
        if before == content:
            return
        if before is not None:
            mark.unlink()
            self._write(lambda writer: writer.delete_all_documents())
        for batch in batches:
            await self._add(batch)
            if self._vectors:
                await self._vectors.add(batch)
        if self._vectors:
            self._vectors.finish()
        write_whole(mark, content)

    async def _add(self, passages: Sequence[Passage]) -> None:
        stored = {passage.id: passage for passage in await self.get([p.id for p in passages])}
        # What is there already is left alone: a deletion would shift the scores of the others.
        new = {p.id: p for p in passages if stored.get(p.id) != p}
        if new:
            self._write(lambda writer: _store(writer, new.values(), stored))

    def _write(self, change: Callable[[tantivy.IndexWriter], object]) -> None:
        writer = self._writer()
        try:
            change(writer)
            writer.commit()
            writer.wait_merging_threads()
        except ValueError as error:
            raise IndexUnavailableError(
                f"The index in {self._folder} cannot be written ({error}): "
                "check that the disk is not full, then resume the run."
            ) from error
        self._refresh()

    async def search(
        self,
        query: str,
        *,
        k: int,
        machine: str | None = None,
        document: str | None = None,
        language: str | None = None,
    ) -> list[Hit]:
        """Return at most `k` hits, best first, equal ones by id."""
        if k < 1 or not _analyzer(_OTHER).analyze(_valid(query)):
            return []
        filters = {"machine": machine, "document": document, "language": language}
        if self._kind == "bm25":
            return self._by_words(query, k, filters)
        if self._kind == "knn":
            return await self._by_meaning(query, k, filters)
        wider = max(k, FUSED)
        rankings = [
            self._by_words(query, wider, filters),
            await self._by_meaning(query, wider, filters),
        ]
        return fuse(rankings, k)

    def _by_words(self, query: str, k: int, filters: Mapping[str, str | None]) -> list[Hit]:
        clauses = list(self._clauses(query, filters["language"]))
        if not clauses:
            return []
        return _ranked(self._best(self._filtered(Query.boolean_query(clauses), filters), k), "bm25")

    async def _by_meaning(self, query: str, k: int, filters: Mapping[str, str | None]) -> list[Hit]:
        assert self._vectors, "an index that is searched by meaning has embeddings"
        near = await self._vectors.nearest(query, k, **filters)
        passages = {passage.id: passage for passage in await self.get([id for id, _ in near])}
        return _ranked([(score, passages[id]) for id, score in near], "knn")

    async def get(self, ids: Sequence[str]) -> list[Passage]:
        """Return the passages with these ids, in the order asked, leaving out unknown ones."""
        # A query a passage: a set of terms is looked for in the whole dictionary of ids.
        return [found for id in ids for found in self._passages(self._term("id", id), limit=1)]

    async def neighbours(
        self, passage_id: str, *, before: int = 1, after: int = 1
    ) -> list[Passage]:
        """Return the passages around this one in its document, itself included, in text order."""
        middle = await self.get([passage_id])
        if not middle:
            return []
        same = self._term("document_id", middle[0].document_id)
        start = middle[0].start
        above = same.and_must_match(self._between("start", 0, start - 1)) if start else None
        below = same.and_must_match(self._between("start", start + 1, _FAR))
        earlier = self._passages(above, before, by="start", last=True) if above else []
        return [*reversed(earlier), *middle, *self._passages(below, after, by="start")]

    async def pages(self, document: str, first: int, last: int) -> list[Passage]:
        """Return the passages of the document that touch these pages, in text order."""
        if first > last:
            return []
        query = self._term("document", document).and_must_match(
            self._between("first_page", 0, last), self._between("last_page", first, _FAR)
        )
        return self._passages(query, self._searcher.num_docs, by="start")

    async def count(self) -> int:
        """Return how many passages are stored."""
        return self._searcher.num_docs

    def _writer(self) -> tantivy.IndexWriter:
        try:
            return self._index.writer(_WRITER_BYTES, num_threads=1)
        except ValueError as error:
            raise IndexUnavailableError(
                f"Another process writes to the index in {self._folder}: wait until it has ended."
            ) from error

    def _refresh(self) -> None:
        self._index.reload()
        self._searcher = self._index.searcher()

    def _clauses(self, query: str, language: str | None) -> Iterator[tuple[Occur, Query]]:
        """Yield what a passage should hold: each term, in the fields of each language there is."""
        languages = [language] if language else self._languages()
        for name in dict.fromkeys(map(_field_language, languages)):
            for term in list(dict.fromkeys(_analyzer(name).analyze(_valid(query))))[:_MOST_TERMS]:
                yield Occur.Should, self._term(f"text_{name}", term)
                section = self._term(f"section_{name}", term)
                yield Occur.Should, Query.boost_query(section, _SECTION_BOOST)

    def _languages(self) -> list[str]:
        """Return the languages that passages are in, and the fallback."""
        stored = (name for name in LANGUAGES if self._searcher.doc_freq("language", name))
        return [*stored, _OTHER]

    def _filtered(self, query: Query, filters: Mapping[str, str | None]) -> Query:
        terms = [self._term(field, value) for field, value in filters.items() if value]
        return query.and_must_match(*(Query.const_score_query(term, 0.0) for term in terms))

    def _best(self, query: Query, k: int) -> list[tuple[float, Passage]]:
        """Return the best, equal scores by id whatever the order in which they were stored."""
        hits = self._searcher.search(query, limit=k + _MOST_TIES, count=False).hits
        scored = [(round(score, 4), address) for score, address in hits]
        least = scored[min(k, len(scored)) - 1][0] if scored else 0.0
        found = [(score, self._load(address)) for score, address in scored if score >= least]
        return sorted(found, key=lambda pair: (-pair[0], pair[1].id))[:k]

    def _passages(
        self, query: Query, limit: int, *, by: str | None = None, last: bool = False
    ) -> list[Passage]:
        if limit < 1:
            return []
        order = tantivy.Order.Desc if last else tantivy.Order.Asc
        found = self._searcher.search(query, limit, count=False, order_by_field=by, order=order)
        return [self._load(address) for _, address in found.hits]

    def _load(self, address: tantivy.DocAddress) -> Passage:
        return _passage.validate_json(self._searcher.doc(address)["passage"][0])

    def _term(self, field: str, value: str) -> Query:
        return Query.term_query(self._schema, field, _valid(value))

    def _between(self, field: str, low: int, high: int) -> Query:
        low, high = (min(max(bound, 0), _FAR) for bound in (low, high))
        return Query.range_query(self._schema, field, tantivy.FieldType.Unsigned, low, high)


def _ranked(best: Iterable[tuple[float, Passage]], source: str) -> list[Hit]:
    return [Hit(p, score, rank, source) for rank, (score, p) in enumerate(best, start=1)]


def _store(
    writer: tantivy.IndexWriter, passages: Iterable[Passage], stored: Mapping[str, Passage]
) -> None:
    for passage in passages:
        if passage.id in stored:
            writer.delete_documents_by_term("id", passage.id)
        writer.add_document(_record(passage))


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for name in ("id", "document_id", "document", "machine", "language"):
        builder.add_text_field(name, tokenizer_name="raw", index_option="basic")
    for name in ("start", "first_page", "last_page"):
        builder.add_unsigned_field(name, indexed=True, fast=True)
    for name in (*LANGUAGES, _OTHER):
        builder.add_text_field(f"text_{name}", tokenizer_name=name, index_option="freq")
        builder.add_text_field(f"section_{name}", tokenizer_name=name, index_option="freq")
    builder.add_bytes_field("passage", stored=True)
    return builder.build()


@cache
def _analyzer(name: str) -> tantivy.TextAnalyzer:
    """Return the analyzer of a language, the same for passages and queries."""
    filters = [Filter.remove_long(_LONGEST_TERM), Filter.lowercase()]
    if name in LANGUAGES:
        filters += [Filter.custom_stopword(sorted(stop_words(name))), Filter.stemmer(NAMES[name])]
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.regex(_TOKENS))
    for step in (*filters, Filter.ascii_fold()):
        builder = builder.filter(step)
    return builder.build()


def _valid(text: str) -> str:
    """Return the text without lone surrogates, which a model may write and UTF-8 cannot hold."""
    return text.encode(errors="replace").decode()


def _field_language(language: str) -> str:
    return language if language in LANGUAGES else _OTHER


def _record(passage: Passage) -> tantivy.Document:
    name = _field_language(passage.language)
    record = tantivy.Document()
    for field, value in _texts(passage):
        record.add_text(field, value)
    record.add_text(f"text_{name}", passage.text)
    record.add_text(f"section_{name}", " ".join(passage.section))
    record.add_unsigned("start", passage.start)
    record.add_unsigned("first_page", passage.pages[0])
    record.add_unsigned("last_page", passage.pages[1])
    record.add_bytes("passage", _passage.dump_json(passage))
    return record


def _texts(passage: Passage) -> Iterable[tuple[str, str]]:
    yield "id", passage.id
    yield "document_id", passage.document_id
    yield "document", passage.document
    yield "language", passage.language
    if passage.machine is not None:
        yield "machine", passage.machine
