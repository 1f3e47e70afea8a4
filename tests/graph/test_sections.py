"""Cited sections know their near repeats in sibling manuals, and their translations."""

from checks.leakage import section_key
from graph.sections import with_section_clusters
from tests.conftest import ROOT
from tests.training.conftest import made_row
from tools.documents import Document, read_folder
from tools.library import Library
from training.rows import TrainingRow


def section(document: Document, number: str) -> str:
    found = [s for s in document.sections if s.path and s.path[-1].startswith(f"{number} ")]
    return document.text[found[0].start : found[0].end]


def cluster(row: TrainingRow) -> str:
    return row.section_clusters[0]


def test_siblings_and_editions_share_a_cluster():
    library = Library(read_folder(ROOT / "examples" / "manuals")[0])
    places = [(f"ares-{m}-{code}.json", "8.4") for m in (200, 250) for code in ("en", "it")]
    places += [("vega-40.md", "7.4"), ("ares-200-en.json", "8.6")]
    texts = [section(library.by_path(path), number) for path, number in places]
    rows = [
        made_row(n).model_copy(update={"sections": (section_key(text),)})
        for n, text in enumerate(texts)
    ]
    *torques, vega, belts = with_section_clusters(rows, library)
    assert len(set(map(cluster, torques))) == 1
    assert len({cluster(torques[0]), cluster(vega), cluster(belts)}) == 3


def test_a_section_that_is_gone_keeps_its_key():
    (row,) = with_section_clusters([made_row(3)], Library([]))
    assert row.section_clusters == row.sections
