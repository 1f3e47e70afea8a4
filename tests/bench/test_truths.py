"""Truths: a folder's sentences and rows that state facts."""

from pathlib import Path

from bench.truths import read_truths, sentences
from tests.bench.mutating import folder_of_siblings


def test_rows_are_named_by_what_tells_them_apart(tmp_path: Path):
    (tmp_path / "a.md").write_text(
        "# Drives\n\n| Maker | Model | Step time | Unit |\n| --- | --- | --- | --- |\n"
        "| Alfa | 201 | 500 | ns |\n| Alfa | 202 | 700 | ns |\n| Beta | 7 | 900 | ns |\n"
    )
    rows = [each.text for each in read_truths(tmp_path).truths]
    assert rows == [
        "Alfa, Model 201, Step time: 500 ns",
        "Alfa, Model 202, Step time: 700 ns",
        "Beta, Model: 7",
        "Beta, Step time: 900 ns",
    ]


def test_sentences_are_factual_ones():
    text = (
        "- Set the pressure of the line to 5 bar\n\nWhat is the pressure of the line? "
        "Wait for ca. 5 minutes at 20 °C. Then open the valve.\n\nNo sentence at all here"
    )
    assert list(sentences(text)) == [
        "Set the pressure of the line to 5 bar",
        "Wait for ca. 5 minutes at 20 °C.",
        "Then open the valve.",
    ]


def test_listings_hold_no_truths(tmp_path: Path):
    found = read_truths(folder_of_siblings(tmp_path)).truths
    assert found
    assert not any("99" in each.text for each in found)
