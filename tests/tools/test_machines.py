"""What every machine directory does: which machine a document is about, what a name may mean."""

import csv
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from io import StringIO
from pathlib import Path

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.postgres_server import PostgresServer
from tools.machines import (
    Machine,
    MachineDirectoryError,
    MachineRow,
    MachineTable,
    TableDirectory,
)
from tools.machines_csv import CsvMachineDirectory, find_directory_file, read_table
from tools.patience import Patience
from tools.postgres import PostgresMachineDirectory, load_machines

LINES = """\
filename,machine_name,machine_code,aliases,family
orion-40-it.json,Orion 40,OR40,"Orion40;pressa Orion",Orion
orion-40-en.json,Orion 40,OR40,Orion 40 press,Orion
orion-60.json,Orion 60,OR60,,Orion
old/lyra.pdf,Lyra II,LY-2,,
"""


Open = Callable[..., Awaitable[TableDirectory]]
QUERY = "SELECT file AS filename, machine_name, machine_code, aliases, family FROM manuals"


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    path = folder / "machines.csv"
    path.write_text(text, encoding=encoding)
    return path


@pytest.fixture(params=["csv", "our tables", "a query"])
async def directory(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Open]:
    """Open a directory of lines, of each kind there is."""
    async with AsyncExitStack() as stack:

        async def open_one(text: str = LINES) -> TableDirectory:
            path = write(tmp_path, text)
            if request.param == "csv":
                return CsvMachineDirectory(path)
            server: PostgresServer = request.getfixturevalue("postgres")
            url = server.url(request.getfixturevalue("database"))
            if request.param == "our tables":
                await load_machines(url, read_table(path))
                opened = PostgresMachineDirectory(url, patience=Patience(5))
            else:
                fill(url, text)
                opened = PostgresMachineDirectory(url, query=QUERY, patience=Patience(5))
            return await stack.enter_async_context(opened)

        yield open_one


def fill(url: str, text: str) -> None:
    """Put the lines into a table as somebody else might have one."""
    columns = ("filename", "machine_name", "machine_code", "aliases", "family")
    rows = [[row.get(name) or None for name in columns] for row in csv.DictReader(StringIO(text))]
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE manuals (file text, machine_name text, machine_code text, "
            "aliases text, family text)"
        )
        cursor.executemany("INSERT INTO manuals VALUES (%s, %s, %s, %s, %s)", rows)


async def codes(machines: TableDirectory, name: str) -> list[str]:
    return [match.machine.code for match in await machines.find(name)]


async def test_machines_are_listed_once(directory: Open) -> None:
    found = await (await directory()).machines()
    assert [machine.code for machine in found] == ["LY-2", "OR40", "OR60"]
    assert set(found[1].aliases) == {"Orion40", "pressa Orion", "Orion 40 press"}
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
async def test_document_finds_its_machine(directory: Open, document: str, code: str | None) -> None:
    machine = await (await directory()).machine_of(document)
    assert (machine and machine.code) == code


async def test_shared_stem_is_not_guessed(directory: Open) -> None:
    text = "filename,machine_name,machine_code\na.pdf,Alpha,A\na.html,Beta,B\n"
    machines = await directory(text)
    assert await machines.machine_of("a.md") is None
    assert (await machines.machine_of("a.html")).name == "Beta"


@pytest.mark.parametrize("name", ["Orion 40", "orion40", "ORION-40", "or 40", "Pressa  Orion"])
async def test_exact_names_are_sure(directory: Open, name: str) -> None:
    [match] = await (await directory()).find(name)
    assert (match.machine.code, match.confidence) == ("OR40", 1.0)


@pytest.mark.parametrize("name", ["Oiron 60", "Orin 60", "Orionn 60"])
async def test_typos_are_less_sure(directory: Open, name: str) -> None:
    [match] = await (await directory()).find(name)
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
async def test_siblings_are_never_confused(directory: Open, name: str) -> None:
    assert await codes(await directory(), name) == []


async def test_semicolons_and_mark_are_tolerated(tmp_path: Path) -> None:
    text = 'Filename;Machine Name;MACHINE_CODE;Aliases\na.pdf;Pressa è;P1;"uno;due"\n'
    [machine] = await CsvMachineDirectory(write(tmp_path, text, "utf-8-sig")).machines()
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
        CsvMachineDirectory(write(tmp_path, text))


def test_missing_file_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(MachineDirectoryError, match="cannot be read"):
        CsvMachineDirectory(tmp_path / "machines.csv")


@pytest.mark.parametrize("name", ["machines.csv", "info_files.csv"])
def test_directory_file_is_found(tmp_path: Path, name: str) -> None:
    assert find_directory_file(tmp_path) is None
    (tmp_path / name).write_text(LINES)
    assert find_directory_file(tmp_path) == tmp_path / name


async def test_lines_without_a_document_are_told(directory: Open) -> None:
    machines = await directory()
    there = ["sub/ORION-40-it.json", "orion-60.md", "lyra.pdf"]
    assert set(await machines.missing(there)) == {"orion-40-en.json", "old/lyra.pdf"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LINES + "x.pdf,Orion 41,OR40,,\n", "called Orion"),
        (LINES + "orion-60.json,Lyra II,LY-2,,\n", "orion-60.json belongs to another"),
        (LINES + "x.pdf,,X,,\n", "machine_name is empty"),
        (LINES + ",Cygnus,X,,\n", "filename is empty"),
    ],
)
async def test_what_contradicts_itself_is_refused(directory: Open, text: str, words: str) -> None:
    with pytest.raises(MachineDirectoryError, match=words):
        await (await directory(text)).machines()


async def test_odd_characters_come_through(directory: Open) -> None:
    text = "filename,machine_name,machine_code,aliases\nö'%s \".pdf,Größe ½ €,Ω;DROP,'; --;{a}\n"
    machines = await directory(text)
    [machine] = await machines.machines()
    assert (machine.name, machine.code) == ("Größe ½ €", "Ω;DROP")
    assert machine.aliases == ("'", "--", "{a}")
    assert await machines.machine_of("ö'%s \".pdf") == machine


async def test_shared_names_are_unclear(directory: Open) -> None:
    machines = await directory(LINES + "cygnus.pdf,Cygnus,CY,orion-40;!?,\n")
    table = await machines.table()
    shared = {name: [m.code for m in among] for name, among in table.unclear().items()}
    assert shared == {
        "orion-40": ["CY", "OR40"],
        "Orion 40": ["CY", "OR40"],
        "!?": ["CY"],
        "Orion40": ["CY", "OR40"],
    }


NAMES = st.text("aB 1-2", min_size=1, max_size=4).filter(str.strip)


@given(st.lists(st.tuples(NAMES, st.lists(NAMES, max_size=2)), min_size=1, max_size=5))
def test_unclear_names_are_those_not_found(named: list[tuple[str, list[str]]]) -> None:
    rows = [
        MachineRow("", f"{number}.pdf", Machine(f"code {number} x", name, tuple(aliases)))
        for number, (name, aliases) in enumerate(named)
    ]
    table = MachineTable(rows)
    names = {name: m for m in table.machines for name in (m.name, m.code, *m.aliases)}
    alone = {name for name, m in names.items() if [x.machine for x in table.find(name)] == [m]}
    assert set(table.unclear()) == names.keys() - alone
