"""Machine names on the command line: loaded, chosen, refused at the start, looked at by doctor."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from app.cli import main
from tests.conftest import ROOT
from tests.postgres_server import PASSWORD, PostgresServer
from tests.proxy import Proxy

EXAMPLES = ROOT / "examples" / "manuals"
MACHINES = EXAMPLES / "machines.csv"
NAMES = "SELECT document_filename, document_machine FROM documents"


@pytest.fixture(autouse=True)
def give_up_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.starting.START_SECONDS", 0.2)


def officina(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> int:
    monkeypatch.setattr(sys, "argv", ["officina", *map(str, arguments)])
    with pytest.raises(SystemExit) as left:
        main()
    return left.value.code


@pytest.fixture
def url(postgres: PostgresServer, database: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty database, set as a user sets it."""
    monkeypatch.setenv("POSTGRES_URL", postgres.url(database))
    monkeypatch.setenv("COLUMNS", "400")
    return postgres.url(database)


def test_loaded_names_make_the_same_dataset(url, monkeypatch, capfd, tmp_path):
    place = url.partition("@")[2]
    assert officina(monkeypatch, "machines", "load", MACHINES) == 0
    assert capfd.readouterr().out == f"3 machines and 5 documents are in Postgres at {place}.\n"
    wanted = ["run", EXAMPLES, "--rows", "6", "--out"]
    assert officina(monkeypatch, *wanted, "postgres") == 0
    said = capfd.readouterr()
    assert f"Machine names: Postgres at {place}." in said.err.splitlines()[:3]
    assert officina(monkeypatch, *wanted, "csv", "--machines", MACHINES) == 0
    assert "Machine names: csv/machines.csv." in capfd.readouterr().err.splitlines()[:3]
    sums = [Path(run, "dataset/manifest.json").read_bytes() for run in ("postgres", "csv")]
    assert sums[0] == sums[1]
    kinds = [
        json.loads(Path(run, "run.json").read_text())["machines"] for run in ("postgres", "csv")
    ]
    assert kinds == ["postgres", "machines.csv"]
    assert "Ares 250" in Path("postgres/report.html").read_text(encoding="utf-8")
    files = [path for path in Path("postgres").rglob("*") if path.is_file()]
    assert not [path for path in files if PASSWORD.encode() in path.read_bytes()]
    assert PASSWORD not in said.out + said.err


def test_cuts_at_the_start_are_borne(url, postgres, monkeypatch):
    monkeypatch.setattr("app.starting.START_SECONDS", 60)
    with Proxy(postgres.port, cut_share=0.7, cut_within=3000, seed=1) as proxy:
        cut = url.replace(f":{postgres.port}/", f":{proxy.port}/")
        monkeypatch.setenv("POSTGRES_URL", cut)
        assert officina(monkeypatch, "machines", "load", MACHINES) == 0
        assert officina(monkeypatch, "run", EXAMPLES, "--rows", "2", "--out", "run") == 0
        assert proxy.cuts > 1


def test_query_of_the_first_seed_makes_rows(url, postgres, database, monkeypatch):
    postgres.execute(
        database,
        "CREATE TABLE documents (document_filename text, document_machine text)",
        *(
            f"INSERT INTO documents VALUES ('{path.name}', '{path.stem[:-3]}')"
            for path in EXAMPLES.glob("ares*")
        ),
    )
    Path("officina.yaml").write_text(f"postgres:\n  query: {NAMES}\n", encoding="utf-8")
    assert officina(monkeypatch, "run", EXAMPLES, "--rows", "4", "--out", "run") == 0
    rows = Path("run/dataset/train.jsonl").read_text(encoding="utf-8")
    assert "ares-2" in rows


def test_resume_needs_the_same_source(url, monkeypatch, capsys):
    officina(monkeypatch, "machines", "load", MACHINES)
    Path("brief.yaml").write_text("rows: 4\nlimits: {calls: 10}\n", encoding="utf-8")
    wanted = ["run", EXAMPLES, "--brief", "brief.yaml", "--out", "run"]
    assert officina(monkeypatch, *wanted) == 3
    Path("brief.yaml").write_text("rows: 4\n", encoding="utf-8")
    shutil.copyfile("brief.yaml", "run/brief.yaml")
    monkeypatch.delenv("POSTGRES_URL")
    assert officina(monkeypatch, "resume", "run") == 2
    assert "POSTGRES_URL is not set" in capsys.readouterr().err
    monkeypatch.setenv("POSTGRES_URL", url)
    assert officina(monkeypatch, "resume", "run") == 0


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("", ""), "officina machines load FILE"),
        ((PASSWORD, "mistaken"), "refuses the user or the password"),
        (("/test_", "/nothing_"), "has no database of this name"),
        (("?", "?sslmode=require"), "cannot be reached over TLS"),
        (("@127.0.0.1:", "@127.0.0.2:"), "does not answer"),
        (("postgresql://", "mysql://"), "POSTGRES_URL is not the URL of a database"),
    ],
)
def test_run_that_cannot_start_leaves_nothing(url, monkeypatch, capsys, change, words):
    monkeypatch.setenv("POSTGRES_URL", f"{url}?".replace(*change))
    assert officina(monkeypatch, "run", EXAMPLES, "--out", "run") == 2
    said = capsys.readouterr().err
    assert words in said
    assert PASSWORD not in said
    assert "officina resume" not in said
    assert not Path("run").exists()


def test_broken_file_leaves_the_tables(url, monkeypatch, capsys):
    officina(monkeypatch, "machines", "load", MACHINES)
    Path("broken.csv").write_text("filename,machine_name,machine_code\na.pdf,A,\n")
    assert officina(monkeypatch, "machines", "load", "broken.csv") == 2
    assert "broken.csv, line 2: machine_code is empty" in capsys.readouterr().err
    assert officina(monkeypatch, "doctor") == 0
    assert "3 machines, 5 documents" in capsys.readouterr().out


def test_load_without_a_database_is_a_sentence(monkeypatch, capsys):
    assert officina(monkeypatch, "machines", "load", MACHINES) == 2
    assert "POSTGRES_URL is not set" in capsys.readouterr().err


def test_load_says_when_nobody_reads_it(url, monkeypatch, capsys):
    Path("officina.yaml").write_text(f"postgres:\n  query: {NAMES}\n", encoding="utf-8")
    assert officina(monkeypatch, "machines", "load", MACHINES) == 0
    assert "Runs do not read them" in capsys.readouterr().err


def test_doctor_says_what_postgres_holds(url, monkeypatch, capsys):
    assert officina(monkeypatch, "doctor") == 2
    assert "officina machines load FILE" in capsys.readouterr().out
    officina(monkeypatch, "machines", "load", MACHINES)
    capsys.readouterr()
    assert officina(monkeypatch, "doctor") == 0
    said = capsys.readouterr().out
    assert f"18.6 at {url.partition('@')[2]}: 3 machines, 5 documents" in said
    assert "each means one machine" in said
    assert PASSWORD not in said


def test_doctor_mends_a_server_that_is_away(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setenv("POSTGRES_URL", f"postgresql://me:{PASSWORD}@127.0.0.1:1/names")
    assert officina(monkeypatch, "doctor") == 2
    said = capsys.readouterr().out
    assert "Postgres at 127.0.0.1:1/names does not answer: Connection refused" in said
    assert PASSWORD not in said


def test_doctor_lists_names_that_two_machines_share(monkeypatch, capsys):
    monkeypatch.setenv("COLUMNS", "400")
    lines = "a.pdf,Ares 200,A2,the press\nb.pdf,Ares 250,A5,The Press;!\n"
    Path("machines.csv").write_text("filename,machine_name,machine_code,aliases\n" + lines)
    assert officina(monkeypatch, "doctor") == 0
    said = capsys.readouterr().out
    assert "machine name “the press”" in said
    assert "means Ares 200 (A2) and Ares 250 (A5)" in said
    assert "machine name “!”" in said
