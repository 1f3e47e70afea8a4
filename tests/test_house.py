"""The house: which rooms there are, who may import whom, and that their names are ours."""

import ast
import subprocess
import sys
import zipfile
from importlib import import_module, metadata
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MAY_IMPORT = {
    "app": {"graph", "agents", "prompts", "training", "tools", "checks"},
    "graph": {"agents", "prompts", "training", "tools", "checks"},
    "agents": {"prompts", "tools"},
    "prompts": {"tools"},
    "training": {"checks", "tools"},
    "checks": {"tools"},
    "tools": set[str](),
    "bench": {"tools", "checks", "training", "app", "graph", "agents", "prompts"},
}
ROOMS = sorted(MAY_IMPORT)
ONLY_IN = {
    "torch": {"training/finetune.py", "training/predict.py", "training/base.py"},
    "peft": {"training/finetune.py", "training/predict.py", "training/base.py"},
    "trl": {"training/finetune.py"},
    "deepspeed": {"training/finetune.py"},
    "elasticsearch": {"tools/elastic_cluster.py", "tools/elastic_faults.py"},
    "langchain_elasticsearch": {"tools/elastic_cluster.py"},
    "psycopg": {"tools/postgres.py"},
    "psycopg_pool": {"tools/postgres.py"},
    "langsmith": {"app/outbox.py", "app/tracing.py", "app/upload.py", "app/whole_trace.py"},
}


def modules(room: str) -> list[Path]:
    found = [path for path in (ROOT / room).rglob("*.py") if path.name != "__init__.py"]
    assert found, f"the room {room} is missing or empty"
    return found


def imported(path: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names.add(node.module or "")
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("room", ROOMS)
def test_imports_only_point_down(room: str):
    allowed = MAY_IMPORT[room] | {room}
    for path in modules(room):
        also = {"checks"} if room == "agents" and path.name.startswith("offline") else set[str]()
        forbidden = imported(path) & ({*ROOMS, "examples", "tests"} - allowed - also)
        assert not forbidden, f"{path.relative_to(ROOT)} imports {sorted(forbidden)}"


@pytest.mark.parametrize("room", ROOMS)
def test_room_has_a_docstring(room: str):
    tree = ast.parse((ROOT / room / "__init__.py").read_text(encoding="utf-8"))
    assert ast.get_docstring(tree)
    assert len(tree.body) == 1


@pytest.mark.parametrize("room", ROOMS)
def test_room_resolves_to_this_checkout(room: str):
    module = import_module(room)
    assert module.__file__ is not None
    assert Path(module.__file__).parent == ROOT / room


def test_the_wheel_holds_every_file_of_the_rooms(tmp_path: Path):
    source = tmp_path / "source"
    listed = subprocess.run(
        ["git", "ls-files", "--", *ROOMS, "pyproject.toml", "README.md", "LICENSE"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    for name in listed:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        (source / name).write_bytes((ROOT / name).read_bytes())
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    subprocess.run([sys.executable, "-c", build], cwd=source, check=True, capture_output=True)
    with zipfile.ZipFile(next(source.glob("*.whl"))) as wheel:
        missing = {name for name in listed if "/" in name} - set(wheel.namelist())
    assert not missing


def test_no_distribution_owns_our_rooms():
    owners = metadata.packages_distributions()
    for room in ROOMS:
        assert set(owners.get(room, [])) <= {"officina"}, f"{room} is owned by {owners[room]}"


def test_no_module_is_named_after_the_standard_library():
    names = [path for room in ROOMS for path in modules(room)]
    assert len(names) > 30
    assert not [path for path in names if path.stem in sys.stdlib_module_names]


def test_heavy_libraries_stay_in_their_files():
    for room in ROOMS:
        for path in modules(room):
            name = path.relative_to(ROOT).as_posix()
            for library, places in ONLY_IN.items():
                assert library not in imported(path) or name in places, f"{name}: {library}"


def test_only_settings_reads_the_environment():
    readers = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in modules(room)
        if "os.environ" in path.read_text(encoding="utf-8")
    }
    assert readers == {"app/settings.py"}


def test_nothing_collects_everything():
    forbidden = {"utils", "core", "common", "helpers", "managers", "misc"}
    names = {path.stem for room in ROOMS for path in (ROOT / room).rglob("*.py")}
    assert names
    assert not names & forbidden
