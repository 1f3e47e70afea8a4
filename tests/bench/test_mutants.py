"""Mutants: each kind changes what it says, and nothing else."""

from fractions import Fraction
from pathlib import Path

import pytest

from bench.answers import KINDS, mutant_pools, own_mutants
from bench.measures import convert
from bench.quantities import digits_in, range_pairs
from bench.truths import read_truths
from tests.bench.mutating import folder_of_siblings, made, numbers, truth

ROOT = Path(__file__).parents[2]
MANUALS = ROOT / "examples" / "manuals"


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    "kind", ["digit changed", "digit added", "digit dropped", "decimal shifted"]
)
@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Tighten the screws to 25.0 Nm and wait 30 s.", "en"),
        ("Serrare le viti a 1.200 mm con 2,50 bar.", "it"),
    ],
)
def test_changed_digits_change_the_value(kind: str, text: str, language: str, seed: int):
    for changed in made(kind, text, language, seed):
        assert numbers(changed, language) != numbers(text, language)
        assert len(numbers(changed, language)) == 2


def test_rounding_a_conversion_is_no_mutation():
    for seed in range(30):
        said = truth("The jaw is 220 mm wide.")
        changed_values = [
            numbers(each.text, "en")[0]
            for each in own_mutants(said, seed)
            if each.kind == "converted value changed"
        ]
        assert (Fraction(72, 100), "ft") not in changed_values


def test_thousands_keep_their_marks():
    assert made("decimal shifted", "La vita è di 12.000 ore.", "it", seed=1)[0] in (
        "La vita è di 120.000 ore.",
        "La vita è di 1.200 ore.",
    )


@pytest.mark.parametrize("seed", range(20))
def test_swapped_unit_is_another_quantity(seed: int):
    (changed,) = made("unit swapped", "Il serbatoio contiene 1 bar di pressione.", "it", seed)
    value, unit = numbers(changed, "it")[0]
    assert unit != "bar"
    assert convert(value, unit, "bar") != 1


def test_zero_keeps_its_unit():
    assert made("unit swapped", "The gauge must read 0 bar.") == []


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize(
    ("text", "language"),
    [("Keep it from 4 to 6 bar.", "en"), ("Tra 4 e 6 bar.", "it"), ("Sono 4–6 bar.", "it")],
)
def test_moved_range_stays_a_range(text: str, language: str, seed: int):
    (changed,) = made("range end moved", text, language, seed)
    assert numbers(changed, language) != numbers(text, language)
    assert list(range_pairs(changed, digits_in(changed, language), language))


@pytest.mark.parametrize(
    ("kind", "language", "text", "expected"),
    [
        ("± or minus dropped", "en", "It holds ±2.5 dB(A).", "It holds 2.5 dB(A)."),
        ("± or minus dropped", "it", "Si ferma a -5 °C.", "Si ferma a 5 °C."),
        ("negation dropped", "en", "Do not open the valve.", "Open the valve."),
        ("negation dropped", "en", "It must never be oiled.", "It must be oiled."),
        ("negation dropped", "it", "Non aprire la valvola.", "Aprire la valvola."),
        ("negation dropped", "it", "La cinghia non va mai oliata.", "La cinghia va oliata."),
        (
            "negation dropped",
            "de",
            "Das Ventil darf nicht offen sein.",
            "Das Ventil darf offen sein.",
        ),
        ("negation dropped", "es", "No abra la tapa.", "Abra la tapa."),
        ("negation dropped", "fr", "Ne pas ouvrir la vanne.", "Ouvrir la vanne."),
        ("limit turned", "en", "Wait at least 5 s.", "Wait at most 5 s."),
        ("limit turned", "it", "Attendere almeno 5 s.", "Attendere al massimo 5 s."),
        ("limit turned", "de", "Höchstens 5 s warten.", "Mindestens 5 s warten."),
        ("negation added", "en", "The belt must be oiled.", "The belt must not be oiled."),
        ("negation added", "it", "La cinghia va oliata.", "La cinghia non va oliata."),
        ("negation added", "es", "La tapa se puede abrir.", "La tapa no se puede abrir."),
    ],
)
def test_words_are_changed_as_meant(kind: str, language: str, text: str, expected: str):
    assert made(kind, text, language) == [expected]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "It is not only fast but strong."),
        ("it", "Attendere finché la spia non si accende."),
        ("es", "No obstante, la tapa es fija."),
        ("es", "La tapa no debe ser abierta nunca."),
        ("it", "La valvola non deve essere aperta mai."),
    ],
)
def test_idle_negation_is_left_alone(language: str, text: str):
    assert made("negation dropped", text, language) == []


def test_code_and_version_are_changed_alone():
    text = "Alarm E214 came with version 2.7.1 after 3 starts."
    (coded,) = made("code changed", text)
    (dated,) = made("date or version changed", text)
    assert "E214" not in coded
    assert "2.7.1" in coded
    assert "2.7.1" not in dated
    assert "E214" in dated


def test_exchanged_numbers_stay_the_same_numbers():
    (changed,) = made("two numbers exchanged", "Serrare a 40 Nm, poi attendere 5 minuti.", "it")
    assert changed == "Serrare a 5 Nm, poi attendere 40 minuti."


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Use holes 1, 2 and 3 of the plate."),
        ("en", "The plate measures 30 x 40 mm."),
        ("it", "La pressione va da 4 a 6 bar."),
        ("it", "Vedere la sezione 4 o la sezione 5."),
        ("en", "It takes 5 s or at most 5 bar."),
    ],
)
def test_numbers_without_an_order_stay(language: str, text: str):
    assert made("two numbers exchanged", text, language) == []


def test_every_kind_is_found_in_the_examples():
    pools = mutant_pools(MANUALS, read_truths(MANUALS), seed=0)
    assert [kind for kind in KINDS if not pools[kind]] == []
    mutants = [each for pool in pools.values() for each in pool]
    assert all(each.text != each.truth.text for each in mutants)


def test_mutants_depend_on_the_seed_alone(tmp_path: Path):
    root = folder_of_siblings(tmp_path)
    folder = read_truths(root)
    one, two, other = (mutant_pools(root, folder, seed) for seed in (1, 1, 2))
    assert one == two
    assert one != other


@pytest.mark.parametrize(
    "text",
    [
        "",
        "操作手册。电压为24 V，请等待30秒后再打开盖子。",
        "الجهد 24 فولت وانتظر 30 ثانية قبل الفتح.",
    ],
)
def test_other_scripts_are_measured_too(tmp_path: Path, text: str):
    (tmp_path / "a.md").write_text(f"# 手册 A1\n\n{text}\n", "utf-8")
    pools = mutant_pools(tmp_path, read_truths(tmp_path), seed=0)
    assert set(pools) == set(KINDS)
