"""Siblings: manuals that differ in their names and values."""

from pathlib import Path

import pytest

from bench.answers import mutant_pools
from bench.mutated_rows import EXCHANGED
from bench.siblings import NAME, VALUE, siblings
from bench.truths import read_truths
from tests.bench.mutating import folder_of_siblings


def test_siblings_are_found_without_a_directory(tmp_path: Path):
    root = folder_of_siblings(tmp_path)
    pairs = siblings(root, read_truths(root))
    assert [(p.document, p.other, dict(p.names)) for p in pairs] == [
        ("Nilo 30.md", "Nilo 40.md", {"Nilo 30": "Nilo 40"}),
        ("Nilo 40.md", "Nilo 30.md", {"Nilo 40": "Nilo 30"}),
    ]


@pytest.mark.parametrize(
    ("one", "two", "names"),
    [
        ("Nova 10 – User guide", "Nova 10 Pro – User guide", ("Nova 10", "Nova 10 Pro")),
        ("Manuale della pompa Nilo 30", "Manuale della pompa Nilo 40", ("Nilo 30", "Nilo 40")),
    ],
)
def test_names_are_what_titles_differ_in(
    tmp_path: Path, one: str, two: str, names: tuple[str, str]
):
    lines = "".join(f"Step {word} takes at least {n} s.\n\n" for n, word in enumerate("abcdef"))
    for place, (title, name) in enumerate(zip((one, two), names, strict=True)):
        text = f"# {title}\n\nThe whole {name} is water proof.\n\n{lines}"
        (tmp_path / f"{place}.md").write_text(text, "utf-8")
    first, second = siblings(tmp_path, read_truths(tmp_path))
    assert dict(first.names) == {names[0]: names[1]}
    assert dict(second.names) == {names[1]: names[0]}


def test_sibling_lends_values_and_name(tmp_path: Path):
    root = folder_of_siblings(tmp_path)
    pools = mutant_pools(root, read_truths(root), seed=0)
    values = {each.text for each in pools[VALUE]}
    assert "La pompa Nilo 30 contiene 2,5 litri di olio." in values
    assert "Massa: 150 kg" in values
    assert "La pompa Nilo 40 contiene 1,5 litri di olio." in {each.text for each in pools[NAME]}


def test_statements_are_paired_and_exchanged(tmp_path: Path):
    root = folder_of_siblings(tmp_path)
    texts = {each.text for each in mutant_pools(root, read_truths(root), seed=0)[EXCHANGED]}
    assert "Massa: 4 kg; Potenza: 120 kW" not in texts
    (tmp_path / "one.md").write_text(
        "| Vite | Coppia |\n| --- | --- |\n| Coperchio | 25 Nm |\n| Base | 80 Nm |\n"
    )
    pairs = mutant_pools(root, read_truths(root), seed=0)[EXCHANGED]
    assert "Coperchio: 80 Nm; Base: 25 Nm" in {each.text for each in pairs}
