import json
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest

from bench.answers import KINDS, MUTATIONS, mutant_pools, own_mutants
from bench.falsehood import may_be_true
from bench.intervals import wilson
from bench.measures import convert
from bench.mutants import Change, Mutant, mutant
from bench.mutated_rows import EXCHANGED
from bench.paraphrases import paraphrases
from bench.quantities import digits_in, range_pairs
from bench.siblings import NAME, VALUE, siblings
from bench.truths import Truth, read_truths, sentences

ROOT = Path(__file__).parents[2]
MANUALS = ROOT / "examples" / "manuals"
MODULES = {
    "answers",
    "conversions",
    "falsehood",
    "lexicon",
    "measures",
    "mutants",
    "mutated_numbers",
    "mutated_rows",
    "mutated_words",
    "mutation_table",
    "mutations",
    "paraphrases",
    "quantities",
    "siblings",
    "truths",
}


def truth(text: str, language: str = "en", *evidence: str) -> Truth:
    return Truth(text, "sentence", language, "a.md", evidence or (text,))


def made(kind: str, text: str, language: str = "en", seed: int = 0) -> list[str]:
    said = truth(text, language)
    found = MUTATIONS[kind](said, digits_in(text, language), Random(seed))
    return [mutant(kind, said, changes).text for changes in found]


def said_otherwise(kind: str, text: str, language: str = "en") -> list[str]:
    said = truth(text, language)
    found = paraphrases(said, digits_in(text, language), Random(0))
    return [each.text for each in found if each.kind == kind]


def numbers(text: str, language: str) -> list[tuple[Fraction, str]]:
    return [(d.value, d.unit) for d in digits_in(text, language) if d.kind == "number"]


# Newcombe (1998), Statistics in Medicine 17, table I, method 3.
@pytest.mark.parametrize(
    ("hits", "total", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_intervals_are_those_published(hits: int, total: int, low: float, high: float):
    assert wilson(hits, total) == pytest.approx((low, high), abs=5e-5)


def test_nothing_counted_says_nothing():
    assert wilson(0, 0) == (0.0, 1.0)


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


def changed(text: str, old: str, new: str, *evidence: str) -> Mutant:
    start = text.index(old)
    change = Change(start, start + len(old), new)
    return mutant("digit changed", truth(text, "en", *evidence), [change])


def test_mutant_that_evidence_states_is_set_aside():
    text = "Tighten the cover screws of the pump to 25 Nm."
    other = "Tighten the cover screws of the pump to 30 Nm."
    assert may_be_true(changed(text, "25", "30", f"{text} {other}"))
    assert may_be_true(changed(text, "25", "30", text, f"Later, {other.lower()}"))
    assert not may_be_true(changed(text, "25", "35", f"{text} {other}"))
    assert not may_be_true(changed(text, "25", "30", f"{text} Wait for 30 seconds."))


def test_list_with_one_name_twice_is_set_aside():
    text = "Use file systems such as ext3, ext4 and btrfs."
    assert may_be_true(changed(text, "ext4", "ext3"))
    assert not may_be_true(changed(text, "ext4", "ext2"))


def test_value_that_another_row_has_too_is_set_aside(tmp_path: Path):
    (tmp_path / "a.md").write_text(
        "| Fuse | Circuit | Type |\n| --- | --- | --- |\n"
        "| F2 | Heaters | gG |\n| F3 | Bar | gG |\n| F4 | Fan | aM |\n"
    )
    (row,) = (each for each in read_truths(tmp_path).truths if each.text == "F3, Type: gG")
    one, other = (mutant("code changed", row, [Change(0, 2, code)]) for code in ("F2", "F4"))
    assert may_be_true(one)
    assert not may_be_true(other)


def test_value_of_two_columns_is_set_aside(tmp_path: Path):
    (tmp_path / "a.md").write_text(
        "| Part | At 20 °C | At 40 °C |\n| --- | --- | --- |\n| Jaw | 125 | 125 |\n"
    )
    (row,) = (each for each in read_truths(tmp_path).truths if "20" in each.text)
    column, value = (
        mutant("digit changed", row, [Change(*each, "99")]) for each in ((8, 10), row.cell)
    )
    assert column.text == "Jaw, At 99 °C: 125"
    assert may_be_true(column)
    assert not may_be_true(value)


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


def folder_of_siblings(root: Path) -> Path:
    manual = (
        "# Pompa {name}\n\nLa pompa {name} contiene {oil} litri di olio. "
        "Serrare le viti del coperchio a {torque} Nm in due passate. "
        "Non aprire mai la valvola prima di 10 minuti.\n\n"
        "Aprire Menu > Assistenza > Ore della pompa {name} ogni 500 ore.\n\n"
        "| Parametro | Valore | Unità |\n| --- | --- | --- |\n"
        "| Massa | {mass} | kg |\n| Potenza | {power} | kW |\n\n"
        "```\nset 99 77\n```\n"
    )
    one = {"name": "Nilo 30", "oil": "1,5", "torque": "25", "mass": "120", "power": "4"}
    two = {"name": "Nilo 40", "oil": "2,5", "torque": "30", "mass": "150", "power": "5,5"}
    for values in (one, two):
        (root / f"{values['name']}.md").write_text(manual.format(**values), "utf-8")
    return root


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


def test_rows_are_said_in_sentences(tmp_path: Path):
    (tmp_path / "one.md").write_text(
        "| Vite | Coppia | Controllo |\n| --- | --- | --- |\n| Base | 80 Nm | 500 h |\n"
    )
    (row, _) = read_truths(tmp_path).truths
    said = replace(row, language="it")
    found = [each.text for each in paraphrases(said, [], Random(0))]
    assert found == ["80 Nm (Base, Coppia)", "Per Base il valore di Coppia è 80 Nm."]


def test_listings_hold_no_truths(tmp_path: Path):
    found = read_truths(folder_of_siblings(tmp_path)).truths
    assert found
    assert not any("99" in each.text for each in found)


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


def test_command_measures_a_small_folder(tmp_path: Path):
    root = folder_of_siblings(tmp_path)
    command = [sys.executable, "-m", "bench.mutations", str(root), "--limit", "5", "--json"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    figures = json.loads(shown)
    assert set(figures["mutants"]) == set(KINDS)
    assert figures["mutants"]["digit changed"]["total"] == 5
    assert set(figures["mutants"]["digit changed"]["languages"]) == {"it"}
    assert figures["truths"]["table row, worded"]["total"] == 4
    assert figures["digit_words"]["never_mutated"] == 0


def test_command_prints_tables_for_people(tmp_path: Path):
    root = folder_of_siblings(tmp_path)
    command = [sys.executable, "-m", "bench.mutations", str(root), "--limit", "3"]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(kind in shown for kind in KINDS)
    assert "changed by no mutation" in shown


def test_wrong_folder_is_a_misuse(tmp_path: Path):
    command = [sys.executable, "-m", "bench.mutations", str(tmp_path / "nowhere")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "no folder" in done.stderr


def test_bench_takes_only_the_measured_function():
    taken = [
        (path.stem, line.strip())
        for path in (ROOT / "bench").glob("*.py")
        for line in path.read_text("utf-8").splitlines()
        if path.stem in MODULES and "checks" in line and "import" in line
    ]
    assert taken == [("mutations", "from checks.facts import unsupported")]


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
