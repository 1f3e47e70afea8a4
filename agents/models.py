"""Models: a spec → a chat model in a role, with the server behind it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from agents.call import RoleModel
from agents.specs import Connecting, ModelSpec, parse_spec, server_of


def open_model(
    role: str, text: str, variables: Mapping[str, str], connecting: Connecting | None = None
) -> RoleModel:
    """Return the chat model that a spec names; `variables` hold keys and URLs.

    Raises:
        ModelError: the spec is wrong, or a key or file is missing.
    """
    spec = parse_spec(text)
    if spec.is_served:
        return _served(role, spec, variables, connecting or Connecting())
    if spec.provider == "offline":
        from agents.offline import LONGEST, OfflineModel

        return RoleModel(role, spec.name, OfflineModel(), output_tokens=LONGEST)
    from agents.scripted import ScriptedModel, read_script

    return RoleModel(role, spec.name, ScriptedModel(lines=read_script(Path(spec.model))))


def _served(
    role: str, spec: ModelSpec, variables: Mapping[str, str], connecting: Connecting
) -> RoleModel:
    from agents.servers import open_server

    server = server_of(spec, variables)
    chat, close = open_server(spec, variables, connecting)
    return RoleModel(role, spec.name, chat, server, chat.max_tokens or 0, close=close)
