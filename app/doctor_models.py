"""Doctor of models: whether each is reachable, where it is, and whether its server lists it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

from agents.call import RoleModel
from agents.faults import NO_SERVER, CallError, classify
from agents.models import open_model
from agents.specs import parse_spec
from agents.vllm_server import find_vllm
from app.doctor_line import Line
from app.settings import Settings
from tools.redact import Redactor

SECONDS = 10.0


def model_lines(settings: Settings) -> Iterator[Line]:
    """Yield a line for each distinct model."""
    for text in dict.fromkeys(settings.models.values()):
        roles = ", ".join(role for role, spec in settings.models.items() if spec == text)
        what = "model of every role" if len(set(settings.models.values())) == 1 else roles
        try:
            yield Line(what, *_look(text, settings))
        except CallError as error:
            yield Line(what, parse_spec(text).name, settings.redact(str(error)))


def _look(text: str, settings: Settings) -> tuple[str, str]:
    if parse_spec(text).starts_vllm:
        return f"{text}, started by each run with {find_vllm(settings.environment)}", ""
    model = open_model("", text, settings.variables, settings.services.connecting)
    if model.server is NO_SERVER:
        return model.name, ""
    return asyncio.run(_ask(model, parse_spec(text).model, settings.redact))


async def _ask(model: RoleModel, name: str, redact: Redactor) -> tuple[str, str]:
    """Return whether the server answers and lists the model."""
    client: Any = getattr(model.chat, "root_async_client")  # noqa: B009  # the type leaves it out
    at = f"{model.name} at {model.server.address}"
    try:
        listed = await client.with_options(timeout=SECONDS).models.list()
        names: list[str] = [each.id for each in listed.data]
    except Exception as error:
        if fault := classify(error, model.server):
            fault.show(redact)
            raise fault from error
        raise
    finally:
        await model.close()
    if model.name.startswith("azure:") or name in names:
        return f"{at}, reachable", ""
    some = ", ".join(sorted(names)[:5]) or "no model"
    return f"{at}, reachable", f"It does not list {name}, but {some}: name one that it has."
