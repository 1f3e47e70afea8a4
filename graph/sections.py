"""Sections: which cited sections of the documents are near repeats or translations of each other.

`publish` asks before it splits: near repeats must be on one side, and a row alone does not hold the
text of its sections.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from checks.leakage import section_clusters, section_key
from checks.leakage.editions import Edition, edition_pairs
from graph.plan import main_language
from tools.documents import Document
from tools.library import Library
from training.rows import TrainingRow


def with_section_clusters(rows: Sequence[TrainingRow], library: Library) -> list[TrainingRow]:
    """Return the rows with the clusters of their sections."""
    cited = {key for row in rows for key in row.sections}
    keys: dict[str, str] = {}
    editions: list[Edition] = []
    for document in library.documents:
        for language, sections in _by_language(document).items():
            keys |= {text: section_key(text) for text in sections}
            editions.append(Edition(language, sections))
    texts = {key: text for text, key in keys.items() if key in cited}
    translated = [(keys[one], keys[other]) for one, other in edition_pairs(editions)]
    clusters = section_clusters(texts, translated)
    return [
        row.model_copy(
            update={"section_clusters": tuple(clusters.get(key, key) for key in row.sections)}
        )
        for row in rows
    ]


def _by_language(document: Document) -> dict[str, list[str]]:
    """Return the texts of the document's sections by the language of the page they begin on."""
    main = main_language(document)
    found: defaultdict[str, list[str]] = defaultdict(list)
    pages = iter(document.pages)
    page = next(pages, None)
    for section in document.sections:
        while page and page.end <= section.start:
            page = next(pages, None)
        language = (page.language if page else "") or main
        found[language].append(document.text[section.start : section.end])
    return found
