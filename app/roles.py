"""Roles: the models of a run, opened with their servers, probed, and closed again.

`app/opening.py` uses it for every run, and before a run folder is made.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from agents.call import RoleModel
from agents.calls import Calls
from agents.faults import NO_SERVER
from agents.models import open_model
from agents.probe import Abilities, fallbacks, probe
from agents.sealed import sealed
from agents.specs import parse_spec
from agents.vllm_server import find_vllm, serve_vllm
from app.settings import ROLES, Settings
from app.terminal import tell
from graph.ledger import Ledger, Note
from prompts.templates import Prompts

Models = Mapping[str, RoleModel]


@asynccontextmanager
async def open_roles(settings: Settings, *, start: bool = True) -> AsyncGenerator[Models]:
    """Yield the models by role; roles of one spec share a client and a server.

    Without `start`, a vLLM of our own is looked for and not started, and its roles are left out.
    """
    async with AsyncExitStack() as stack:
        opened: dict[str, RoleModel] = {}
        for text in dict.fromkeys(settings.models[role] for role in ROLES):
            model = await _open(stack, text, settings, start=start)
            if model:
                stack.push_async_callback(model.close)
                opened[text] = model
        yield {
            role: replace(opened[settings.models[role]], role=role)
            for role in ROLES
            if settings.models[role] in opened
        }


async def _open(
    stack: AsyncExitStack, text: str, settings: Settings, *, start: bool
) -> RoleModel | None:
    spec, connecting = parse_spec(text), settings.services.connecting
    if settings.replays:
        return sealed(spec)
    if not spec.starts_vllm:
        return open_model("", text, settings.variables, connecting)
    if not start:
        find_vllm(settings.environment)
        return None
    redact = settings.redact
    server = await stack.enter_async_context(
        serve_vllm(
            spec.model,
            settings.services.vllm.arguments,
            settings.environment,
            lambda said: tell(redact(said)),
        )
    )
    model = open_model("", f"{text}@{server.url}", settings.variables, connecting)
    return replace(model, server=replace(model.server, ended=server.ended))


async def probed(
    models: Models, calls: Calls, prompts: Prompts, ledger: Ledger | None = None
) -> Models:
    """Return the models with what their servers can do; what they cannot is told and noted.

    Raises:
        CallError: a server is down, refuses the key, or does not have the model.
    """
    known: dict[tuple[str, str], Abilities] = {}
    able = dict(models)
    for number, role in enumerate(ROLES):
        model = models.get(role)
        if model is None or model.server is NO_SERVER:
            continue
        served = (model.name, model.server.address)
        if served not in known:
            with_tools = "answerer" in models and models["answerer"].chat is model.chat
            found = await probe(model, calls, prompts, number=number, with_tools=with_tools)
            known[served] = found
            if ledger and (said := fallbacks(found)):
                tell(f"{model.name}: {said}")
                ledger.note([Note("model", model.name, 0, said)])
        able[role] = replace(model, **known[served].model_dump())
    return able
