"""The command bench.mutations."""

import json
import subprocess
import sys
from pathlib import Path

from bench.answers import KINDS
from tests.bench.mutating import folder_of_siblings

ROOT = Path(__file__).parents[2]
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
