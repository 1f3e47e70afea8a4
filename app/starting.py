"""Starting: a service that is away when something begins is not waited for as in the middle."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from app.settings import SettingsError
from tools.patience import Patience, ServiceDownError

T = TypeVar("T")
START_SECONDS = 5.0
"""How long a start tries to reach a service: a cut connection is no reason not to begin."""


async def at_the_start(service: str, call: Callable[[], Awaitable[T]]) -> T:
    """Return what the call returns; a server that is away now is a mistake in the settings.

    Raises:
        SettingsError: the service does not answer.
    """
    try:
        return await Patience(START_SECONDS)(service, call)
    except ServiceDownError as error:
        raise SettingsError(str(error)) from error
