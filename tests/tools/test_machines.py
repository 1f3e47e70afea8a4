"""The CSV directory: which machine a document is about, and what a spoken name may mean."""

from pathlib import Path

import pytest

from tools.machines import CsvMachineDirectory, MachineDirectoryError, find_directory_file

LINES = """\
filename,machine_name,machine_code,aliases,family
orion-40-it.json,Orion 40,OR40,"Orion40;pressa Orion",Orion
orion-40-en.json,Orion 40,OR40,Orion 40 press,Orion
orion-60.json,Orion 60,OR60,,Orion
old/lyra.pdf,Lyra II,LY-2,,
"""


def directory(folder: Path, text: str = LINES, encoding: str = "utf-8") -> CsvMachineDirectory:
    path = folder / "machines.csv"
    path.write_text(text, encoding=encoding)
    return CsvMachineDirectory(path)


async def codes(machines: CsvMachineDirectory, name: str) -> list[str]:
    return [match.machine.code for match in await machines.find(name)]


async def test_machines_are_listed_once(tmp_path: Path) -> None:
    found = await directory(tmp_path).machines()
    assert [machine.code for machine in found] == ["LY-2", "OR40", "OR60"]
    assert found[1].aliases == ("Orion40", "pressa Orion", "Orion 40 press")
    assert (found[1].family, found[0].family) == ("Orion", None)


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ("orion-40-it.json", "OR40"),
        ("sub/ORION-60.JSON", "OR60"),
        ("orion-60.md", "OR60"),
        ("old/lyra.pdf", "LY-2"),
        ("old/lyra.html", "LY-2"),
        ("new/lyra.pdf", None),
        ("orion-40.json", None),
        ("cygnus.pdf", None),
    ],
)
async def test_document_finds_its_machine(tmp_path: Path, document: str, code: str | None) -> None:
    machine = await directory(tmp_path).machine_of(document)
    assert (machine and machine.code) == code


async def test_shared_stem_is_not_guessed(tmp_path: Path) -> None:
    text = "filename,machine_name,machine_code\na.pdf,Alpha,A\na.html,Beta,B\n"
    machines = directory(tmp_path, text)
    assert await machines.machine_of("a.md") is None
    assert (await machines.machine_of("a.html")).name == "Beta"


@pytest.mark.parametrize("name", ["Orion 40", "orion40", "ORION-40", "or 40", "Pressa  Orion"])
async def test_exact_names_are_sure(tmp_path: Path, name: str) -> None:
    [match] = await directory(tmp_path).find(name)
    assert (match.machine.code, match.confidence) == ("OR40", 1.0)


@pytest.mark.parametrize("name", ["Oiron 60", "Orin 60", "Orionn 60"])
async def test_typos_are_less_sure(tmp_path: Path, name: str) -> None:
    [match] = await directory(tmp_path).find(name)
    assert match.machine.code == "OR60"
    assert match.confidence < 1.0


@pytest.mark.parametrize(
    "name",
    [
        "Orion 50",
        "Orion 400",
        "Orion 40 S",
        "Orion",
        "40",
        "Lyra III",
        "Lyra",
        "Cygnus 40",
        "",
        "?",
    ],
)
async def test_siblings_are_never_confused(tmp_path: Path, name: str) -> None:
    assert await codes(directory(tmp_path), name) == []


async def test_semicolons_and_mark_are_tolerated(tmp_path: Path) -> None:
    text = 'Filename;Machine Name;MACHINE_CODE;Aliases\na.pdf;Pressa è;P1;"uno;due"\n'
    [machine] = await directory(tmp_path, text, "utf-8-sig").machines()
    assert (machine.name, machine.code, machine.aliases) == ("Pressa è", "P1", ("uno", "due"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("filename,machine_code\na.pdf,A\n", "line 1: the column machine_name is missing"),
        ("filename,machine_name,machine_code\na.pdf,A,\n", "line 2: machine_code is empty"),
        (LINES + "x.pdf,Orion 41,OR40,,\n", "line 6: the code OR40 is called Orion 41 here"),
        (LINES + "orion-60.json,Lyra II,LY-2,,\n", "line 6: orion-60.json belongs to another"),
        (LINES + "x.pdf,X,X,a,b,c\n", "line 6: there are more cells than columns"),
        (LINES + 'x.pdf,"X,X\n', "line 6"),
        ("filename,machine_name,machine_code\n\n", "names no machine"),
        ("", "cannot be read"),
        ("\0\0\0", "cannot be read"),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(MachineDirectoryError, match=words):
        directory(tmp_path, text)


def test_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MachineDirectoryError, match="cannot be read"):
        CsvMachineDirectory(tmp_path / "machines.csv")


@pytest.mark.parametrize("name", ["machines.csv", "info_files.csv"])
def test_directory_file_is_found(tmp_path: Path, name: str) -> None:
    assert find_directory_file(tmp_path) is None
    (tmp_path / name).write_text(LINES)
    assert find_directory_file(tmp_path) == tmp_path / name


async def test_lines_without_a_document_are_told(tmp_path: Path) -> None:
    machines = directory(tmp_path)
    there = ["sub/ORION-40-it.json", "orion-60.md", "lyra.pdf"]
    assert await machines.missing(there) == ["orion-40-en.json", "old/lyra.pdf"]
