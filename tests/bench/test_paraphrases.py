"""Paraphrases: true sentences said otherwise."""

from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from bench.measures import convert
from bench.paraphrases import paraphrases
from bench.truths import read_truths
from tests.bench.mutating import numbers, said_otherwise


@pytest.mark.parametrize(
    ("kind", "language", "text", "expected"),
    [
        ("range reworded", "it", "La pressione è di 4–6 bar.", "La pressione è di da 4 a 6 bar."),
        ("number as a word", "it", "Controllare ogni 5 anni.", "Controllare ogni cinque anni."),
        ("word as a number", "en", "Use two long screws.", "Use 2 long screws."),
        ("± reworded", "en", "A tolerance of ±2 %.", "A tolerance of ± 2 %."),
        ("date reworded", "it", "Valido dal 2024-06-28.", "Valido dal 28 giugno 2024."),
        ("negation reworded", "en", "It must not be oiled.", "It mustn't be oiled."),
        ("unit written otherwise", "it", "Attendere 30 s.", "Attendere 30 secondi."),
        (
            "clauses reordered",
            "en",
            "If the lamp is red, replace the filter.",
            "Replace the filter if the lamp is red.",
        ),
    ],
)
def test_paraphrases_are_worded_well(kind: str, language: str, text: str, expected: str):
    assert expected in said_otherwise(kind, text, language)


def test_yes_and_no_follow_the_negation():
    assert said_otherwise("yes or no in front", "The valve is open.") == ["Yes, the valve is open."]
    assert said_otherwise("yes or no in front", "La valvola non è aperta.", "it") == [
        "No, la valvola non è aperta."
    ]
    assert said_otherwise("yes or no in front", "If it is not red, open the valve.") == []


def test_clauses_with_pronouns_stay():
    assert said_otherwise("clauses reordered", "If the lamp is red, it must be replaced.") == []
    text = "Se la spia è rossa, va sostituita subito."
    assert said_otherwise("clauses reordered", text, "it") == []


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Tighten the screws to 12 Nm.", "en"),
        ("Mantenere la pressione tra 4 e 6,5 bar.", "it"),
        ("The motor runs at 71 °C.", "en"),
    ],
)
def test_converted_quantities_are_equal(text: str, language: str):
    for shown in said_otherwise("unit converted", text, language):
        before, after = numbers(text, language), numbers(shown, language)
        assert before != after
        unit = before[-1][1]
        for (value, _), (new, _) in zip(before, after, strict=True):
            assert float(convert(new, after[-1][1], unit)) == pytest.approx(float(value), rel=0.005)


def test_differences_of_temperature_are_not_converted():
    assert said_otherwise("unit converted", "Reduce the temperature by 5 °C.") == []
    assert said_otherwise("unit converted", "Keep it within ±2 °C.") == []


def test_rows_are_said_in_sentences(tmp_path: Path):
    (tmp_path / "one.md").write_text(
        "| Vite | Coppia | Controllo |\n| --- | --- | --- |\n| Base | 80 Nm | 500 h |\n"
    )
    (row, _) = read_truths(tmp_path).truths
    said = replace(row, language="it")
    found = [each.text for each in paraphrases(said, [], Random(0))]
    assert found == ["80 Nm (Base, Coppia)", "Per Base il valore di Coppia è 80 Nm."]
