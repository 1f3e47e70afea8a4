"""compose.yaml, .env.example and the example officina.yaml: valid, complete, and not stale."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from agents.specs import Connecting
from app.services import Services, ServicesError, read_services
from app.settings import ROLES
from tests.conftest import ROOT
from tests.test_house import ROOMS, modules

COMPOSE = ROOT / "compose.yaml"
EXAMPLE = ROOT / "examples" / "services" / "officina.yaml"
SERVICES: dict[str, Any] = yaml.safe_load(COMPOSE.read_text("utf-8"))["services"]
SET = re.compile(r"^(?:# )?([A-Z][A-Z0-9_]+)=(.*)$", re.MULTILINE)
ENTRIES = dict(SET.findall((ROOT / ".env.example").read_text("utf-8")))
OURS = re.compile(
    r"HF_TOKEN|(OFFICINA|OPENAI|AZURE|VLLM|ELASTICSEARCH|POSTGRES|LANG[A-Z]+)_[A-Z_]+"
)
BY_LIBRARIES = {
    *("AZURE_TENANT_ID", "AZURE_CLIENT_ID"),
    *("LANGSMITH_TRACING", "LANGSMITH_ENDPOINT", "LANGSMITH_PROJECT"),
}
INTERPOLATED = re.compile(r"(?<!\$)\$\{?([A-Z_]+)(:[-?][^}]+|:-)?\}?")


def strings(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def read_by_us() -> set[str]:
    """Return the variables whose names are strings of their own somewhere in the rooms."""
    named = {text for room in ROOMS for path in modules(room) for text in strings(path)}
    by_role = {f"OFFICINA_{role.upper()}" for role in ROLES}
    return {text for text in named if OURS.fullmatch(text)} | by_role


def read_by_compose() -> set[str]:
    return {name for name, _ in INTERPOLATED.findall(COMPOSE.read_text("utf-8"))}


def test_compose_file_keeps_to_the_specification():
    check = Path(sys.executable).parent / "check-jsonschema"
    command = [str(check), "--builtin-schema", "vendor.compose-spec", str(COMPOSE)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_schema_refuses_a_misspelt_setting(tmp_path):
    wrong = tmp_path / "compose.yaml"
    wrong.write_text(COMPOSE.read_text("utf-8").replace("healthcheck:", "health_check:"), "utf-8")
    check = Path(sys.executable).parent / "check-jsonschema"
    command = [str(check), "--builtin-schema", "vendor.compose-spec", str(wrong)]
    assert subprocess.run(command, capture_output=True).returncode == 1


def test_compose_has_the_three_services():
    assert set(SERVICES) == {"elasticsearch", "postgres", "vllm"}
    without_gpu = {name for name, service in SERVICES.items() if "profiles" not in service}
    assert without_gpu == {"elasticsearch", "postgres"}


@pytest.mark.parametrize("name", SERVICES)
def test_service_is_pinned_checked_bounded_and_private(name):
    service = SERVICES[name]
    assert re.fullmatch(r"\S+:v?\d+\.\d+(\.\d+)?", service["image"])
    assert service["healthcheck"]["test"]
    assert service["deploy"]["resources"]["limits"]["memory"]
    assert all(str(port).startswith("127.0.0.1:") for port in service["ports"])
    volumes = yaml.safe_load(COMPOSE.read_text("utf-8"))["volumes"]
    assert {volume.split(":")[0] for volume in service["volumes"]} <= set(volumes)


def test_only_the_model_server_reserves_a_gpu():
    reserving = [n for n, s in SERVICES.items() if "reservations" in s["deploy"]["resources"]]
    assert reserving == ["vllm"]


def test_compose_variables_have_defaults_or_are_asked_for():
    found = INTERPOLATED.findall(COMPOSE.read_text("utf-8"))
    assert len(found) >= 7
    assert [name for name, fallback in found if not fallback] == []
    required = {name for name, fallback in found if fallback.startswith(":?")}
    assert required == {"ELASTICSEARCH_PASSWORD", "POSTGRES_PASSWORD"}
    assert {ENTRIES[name] for name in required} == {""}


def test_every_variable_is_in_the_example():
    assert sorted((read_by_us() | read_by_compose()) - set(ENTRIES)) == []


def test_every_variable_of_the_example_is_read():
    assert sorted(set(ENTRIES) - read_by_us() - read_by_compose() - BY_LIBRARIES) == []


def test_every_variable_of_the_example_is_explained():
    lines = (ROOT / ".env.example").read_text("utf-8").splitlines()
    for above, line in pairwise(lines):
        if SET.match(line):
            assert above.startswith("# ") or SET.match(above), f"{line} stands unexplained"


def test_example_of_services_shows_every_setting():
    shown = read_services(yaml.safe_load(EXAMPLE.read_text("utf-8")), EXAMPLE.name)
    assert sorted(missing(shown)) == []
    assert list(missing(Services())) == list(Services.model_fields)


def missing(part: BaseModel, above: str = "") -> Iterator[str]:
    """Yield the settings that a part, or a part within it, was not given."""
    for name in type(part).model_fields:
        value = getattr(part, name)
        if name not in part.model_fields_set or value in (None, {}):
            yield above + name
        for each in value.values() if isinstance(value, dict) else [value]:
            if isinstance(each, BaseModel) and name in part.model_fields_set:
                yield from missing(each, f"{above}{name}.")


def test_connection_settings_reach_the_models():
    services = read_services({"timeout": 5, "transport": "openai", "output_tokens": 64}, "x")
    assert services.connecting == Connecting(64, 5, "openai")
    with pytest.raises(ServicesError, match="transport"):
        read_services({"transport": "httpx"}, "x")
