"""The machine directory in a real Postgres: read-only, in time, and through every kind of fault."""

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.postgres_server import PASSWORD, PostgresServer
from tests.proxy import Proxy
from tools import postgres as module
from tools.machines import Machine, MachineDirectoryError
from tools.machines_csv import read_table
from tools.patience import Patience, ServiceDownError
from tools.postgres import PostgresMachineDirectory, address, load_machines

LINES = """\
filename,machine_name,machine_code,aliases,family
orion-40.json,Orion 40,OR40,Orion40;press,Orion
orion-60.json,Orion 60,OR60,,Orion
"""
SEED = "SELECT document_filename, document_machine FROM documents"


@pytest.fixture
async def loaded(postgres: PostgresServer, database: str, tmp_path: Path) -> str:
    """The URL of a database that holds two machines."""
    (tmp_path / "machines.csv").write_text(LINES, encoding="utf-8")
    url = postgres.url(database)
    await load_machines(url, read_table(tmp_path / "machines.csv"))
    return url


@pytest.fixture
def never_fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the table again at every question, and give up a connection soon."""
    monkeypatch.setattr(module, "FRESH_SECONDS", -1.0)
    monkeypatch.setattr(module, "CONNECT_SECONDS", 2)


def slowly(url: str) -> str:
    """Let a server that runs take its time, though the pool is given up soon."""
    return f"{url}?connect_timeout=60"


def many(folder: Path, count: int) -> Path:
    lines = [f"doc-{n}.pdf,Machine {n},M{n},alias {n},F" for n in range(count)]
    path = folder / "many.csv"
    path.write_text("filename,machine_name,machine_code,aliases,family\n" + "\n".join(lines))
    return path


async def check(url: str, query: str | None = None) -> list[Machine]:
    directory = PostgresMachineDirectory(url, query=query, patience=Patience(0))
    return list((await directory.check()).machines)


async def test_load_replaces_what_was_there(loaded: str, tmp_path: Path) -> None:
    await load_machines(loaded, read_table(many(tmp_path, 3)))
    assert [machine.code for machine in await check(loaded)] == ["M0", "M1", "M2"]


async def test_readers_never_see_a_half_load(loaded: str, tmp_path: Path) -> None:
    small, large = read_table(many(tmp_path, 7)), read_table(tmp_path / "machines.csv")
    seen: set[int] = set()

    async def load_often() -> None:
        for table in [small, large] * 10:
            await load_machines(loaded, table)
            # The other reader may be slower than all loads are.
            seen.add(len(await check(loaded)))

    loading = asyncio.create_task(load_often())
    while not loading.done():
        seen.add(len(await check(loaded)))
    await loading
    assert seen == {2, 7}


async def test_first_seed_table_works_as_it_stands(postgres: PostgresServer, database: str) -> None:
    postgres.execute(
        database,
        "CREATE TABLE documents (document_filename text, document_machine text)",
        "INSERT INTO documents VALUES ('a.json', 'Ares 200'), ('b.json', 'Ares 250')",
    )
    found = await check(postgres.url(database), SEED)
    assert [(each.code, each.name) for each in found] == [
        ("Ares 200", "Ares 200"),
        ("Ares 250", "Ares 250"),
    ]


async def test_arrays_and_numbers_are_taken(loaded: str) -> None:
    query = (
        "SELECT 'a.pdf' AS filename, 'A' AS \"Machine Name\", 7 AS machine_code, "
        "ARRAY['x;y', NULL] AS aliases;"
    )
    assert await check(loaded, query) == [Machine("7", "A", ("x;y",))]


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT 1", r"columns \?column\?: filename is missing, machine_name is missing"),
        ("SELECT 'a' AS filename, 'b' AS machine_nam", "machine_name is missing, machine_nam is"),
        ("SELECT 'a' AS filename, 'b' AS machine_name, 1 AS id", "id is not known"),
        ("SELECT 'a' AS filename, 'b' AS machine_name, 'c' AS filename", "filename comes twice"),
        ("SELECT 'a' AS filename, NULL AS machine_name", r"row \(a, None\): machine_name is empty"),
        ("SELECT 'a' AS filename, 'b' AS machine_name WHERE false", "gives no row"),
        ("SELECT * FROM nothing", 'relation "nothing" does not exist'),
        ("SELEC", "syntax error"),
        ("SELECT 1; DROP TABLE officina_machines", "multiple commands"),
        ("DELETE FROM officina_documents RETURNING 'a' AS filename", "syntax error"),
        ("WITH x AS (DELETE FROM officina_documents RETURNING 1) SELECT 1", "data-modifying"),
        ("SELECT 'a' AS filename, nextval('counter')::text AS machine_name", "read-only"),
        ("SELECT 'a' AS filename, secret AS machine_name FROM hidden", "permission denied"),
    ],
)
async def test_bad_query_is_a_sentence(
    postgres: PostgresServer, database: str, loaded: str, query: str, words: str
) -> None:
    postgres.execute(
        database,
        "CREATE SEQUENCE counter",
        "CREATE TABLE hidden (secret text)",
        f"DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD '{PASSWORD}'",
        "GRANT SELECT ON officina_machines, officina_documents TO reader",
        "GRANT ALL ON SEQUENCE counter TO reader",
    )
    reader = loaded.replace("//postgres:", "//reader:")
    try:
        with pytest.raises(MachineDirectoryError, match=words):
            await check(reader, query)
        assert len(await check(loaded)) == 2
    finally:
        postgres.execute(database, "DROP OWNED BY reader; DROP ROLE reader")


async def test_slow_query_is_stopped(loaded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STATEMENT_SECONDS", 1)
    with pytest.raises(ServiceDownError, match="within 1 s"):
        await check(loaded, "SELECT 'a' AS filename, pg_sleep(30)::text AS machine_name")


async def test_empty_database_says_what_to_load(postgres: PostgresServer, database: str) -> None:
    with pytest.raises(MachineDirectoryError, match="officina machines load FILE"):
        await check(postgres.url(database))


async def test_emptied_tables_say_what_to_load(
    postgres: PostgresServer, database: str, loaded: str
) -> None:
    postgres.execute(database, "DELETE FROM officina_documents", "DELETE FROM officina_machines")
    with pytest.raises(MachineDirectoryError, match="officina machines load FILE"):
        await check(loaded)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ((PASSWORD, "mistaken"), "refuses the user or the password"),
        (("//postgres:", "//nobody:"), "refuses the user or the password"),
        (("/test_", "/nothing_"), "has no database of this name"),
        (("?", "?sslmode=require"), "cannot be reached over TLS"),
    ],
)
async def test_refusal_is_a_sentence(loaded: str, change: tuple[str, str], words: str) -> None:
    url = (loaded + "?").replace(*change)
    with pytest.raises(MachineDirectoryError, match=words) as told:
        await check(url)
    assert address(loaded).split("/")[0] in str(told.value)
    assert PASSWORD not in str(told.value)
    assert "POSTGRES_URL" in str(told.value)


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:1", "no.such.host.invalid"])
async def test_server_that_is_not_there(host: str) -> None:
    with pytest.raises(ServiceDownError, match=f"Postgres at {host}.*/names does not answer") as e:
        await check(f"postgresql://me:{PASSWORD}@{host}/names")
    assert PASSWORD not in str(e.value)


async def test_server_that_says_nothing_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql://me:x@127.0.0.1:{silent.getsockname()[1]}/names?connect_timeout=2"
        with pytest.raises(ServiceDownError, match="does not answer"):
            await check(url)


@pytest.fixture
def encrypting(tmp_path: Path) -> Iterator[int]:
    """The port of a server that answers over TLS, with a certificate that nobody signed."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "elsewhere")])
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    built = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    signed = built.add_extension(x509.BasicConstraints(True, None), critical=True)
    certificate = signed.sign(key, hashes.SHA256())
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (tmp_path / "server.crt").write_bytes(certificate.public_bytes(encoding))
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    (tmp_path / "server.key").write_bytes(private)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "server.crt", tmp_path / "server.key")

    def serve() -> None:
        while True:
            try:
                there, _ = server.accept()
            except OSError:
                return
            with suppress(OSError):
                there.recv(8)
                there.sendall(b"S")
                tls.wrap_socket(there, server_side=True).close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("mode", "words"),
    [
        ("sslmode=verify-full&sslrootcert=none.crt", "does not exist"),
        ("sslmode=verify-full&sslrootcert=system", "certificate verify failed"),
        ("sslmode=verify-full&sslrootcert=server.crt", "does not match host name"),
    ],
)
async def test_mistrusted_certificate_is_a_sentence(encrypting: int, mode: str, words: str) -> None:
    with pytest.raises(MachineDirectoryError, match=f"over TLS as asked for: .*{words}.*sslmode"):
        await check(f"postgresql://me:x@127.0.0.1:{encrypting}/names?{mode}")


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://me:{PASSWORD} x@h/d",
        f"postgresql+psycopg://me:{PASSWORD}@h/d",
        f"postgresql://me:{PASSWORD}@h/d?colour=red",
        f"host=h password={PASSWORD}",
        "h:5432",
    ],
)
def test_broken_url_is_told_without_its_password(url: str) -> None:
    with pytest.raises(MachineDirectoryError, match="POSTGRES_URL is not") as told:
        PostgresMachineDirectory(url, patience=Patience(0))
    assert PASSWORD not in str(told.value)


async def test_many_questions_are_one_query(postgres: PostgresServer, loaded: str) -> None:
    with Proxy(postgres.port) as proxy:
        url = loaded.replace(f":{postgres.port}/", f":{proxy.port}/")
        async with PostgresMachineDirectory(url, patience=Patience(0)) as directory:
            names = [f"orion-{n % 2 * 20 + 40}.json" for n in range(2000)]
            found = await asyncio.gather(*map(directory.machine_of, names))
        assert {machine.code for machine in found if machine} == {"OR40", "OR60"}
        assert proxy.connections == 1


@pytest.mark.slow
async def test_killed_server_is_waited_for(
    postgres: PostgresServer, loaded: str, never_fresh: None
) -> None:
    waited: list[str] = []
    patience = Patience(60, lambda service, _: waited.append(service))
    async with PostgresMachineDirectory(loaded, patience=patience) as directory:
        before = await directory.machines()
        postgres.kill()
        asking = asyncio.create_task(directory.machines())
        while not waited:
            await asyncio.sleep(0.05)
        await asyncio.to_thread(postgres.start)
        assert await asking == before
        assert await directory.find("Orion 60")
    assert set(waited) == {f"Postgres at {address(loaded)}"}


@pytest.mark.slow
async def test_restarted_server_is_not_noticed(
    postgres: PostgresServer, loaded: str, never_fresh: None
) -> None:
    async with PostgresMachineDirectory(slowly(loaded), patience=Patience(0)) as directory:
        before = await directory.machines()
        for _ in range(3):
            with postgres.away():
                pass
            assert await directory.machines() == before


@pytest.mark.slow
async def test_patience_is_spent_once(
    postgres: PostgresServer, loaded: str, never_fresh: None
) -> None:
    waits: list[float] = []
    patience = Patience(1, lambda _, seconds: waits.append(seconds))
    async with PostgresMachineDirectory(slowly(loaded), patience=patience) as directory:
        await directory.machines()
        with postgres.away():
            asked = [directory.find("Orion 40") for _ in range(20)]
            ended = await asyncio.gather(*asked, return_exceptions=True)
            assert {type(each) for each in ended} == {ServiceDownError}
            spent = len(waits)
            with pytest.raises(ServiceDownError, match="does not answer: Connection refused"):
                await directory.find("Orion 40")
            assert len(waits) == spent
        assert await directory.find("Orion 40")


@pytest.mark.slow
async def test_frozen_server_is_waited_for(
    postgres: PostgresServer, loaded: str, never_fresh: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_MOST_SECONDS", 3)
    waited = threading.Event()
    async with PostgresMachineDirectory(
        loaded, patience=Patience(60, lambda *_: waited.set())
    ) as directory:
        before = await directory.machines()
        processes = postgres.processes()
        for process in processes:
            process.suspend()
        try:
            asking = asyncio.create_task(directory.machines())
            await asyncio.to_thread(waited.wait, 60)
        finally:
            for process in processes:
                process.resume()
        assert waited.is_set()
        assert await asking == before


async def test_cut_connections_lose_nothing(
    postgres: PostgresServer, loaded: str, tmp_path: Path, never_fresh: None
) -> None:
    await load_machines(loaded, read_table(many(tmp_path, 500)))
    with Proxy(postgres.port, cut_share=0.5, cut_within=60_000, seed=7) as proxy:
        url = loaded.replace(f":{postgres.port}/", f":{proxy.port}/")
        async with PostgresMachineDirectory(url, patience=Patience(60)) as directory:
            for number in range(40):
                machines = await directory.machines()
                assert [machine.code for machine in machines] == sorted(f"M{n}" for n in range(500))
                [match] = await directory.find(f"Machine {number}")
                assert match.machine.aliases == (f"alias {number}",)
        assert proxy.cuts > 5


async def test_connection_says_who_it_is_and_goes(
    postgres: PostgresServer, database: str, loaded: str
) -> None:
    named = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'officina'"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as watcher:

        def connected() -> int:
            row = watcher.execute(named).fetchone()
            assert row
            return row[0]

        async def until_none_is() -> None:
            async with asyncio.timeout(60):
                while connected():
                    await asyncio.sleep(0.05)

        # The server notices late that those before have gone.
        await until_none_is()
        async with PostgresMachineDirectory(loaded, patience=Patience(0)) as directory:
            await directory.machines()
            assert connected() == 1
        await until_none_is()
