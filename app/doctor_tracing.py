"""The doctor's look at LangSmith, when runs are traced."""

from __future__ import annotations

from collections.abc import Iterator

from app.doctor_line import Line
from app.settings import Settings

SECONDS = 5.0
_MEND = "Check LANGSMITH_ENDPOINT. Runs go on without it, and their traces are lost."


def tracing_lines(settings: Settings) -> Iterator[Line]:
    """Yield what there is to say about LangSmith, nothing where nothing is traced."""
    from app.tracing import is_traced

    if not is_traced(settings.variables):
        return
    import requests

    from app.outbox import ENDPOINT, named, place

    url = named(settings.variables, "ENDPOINT") or ENDPOINT
    where = place(url)
    try:
        reply = requests.get(f"{url}/info", timeout=SECONDS)
        reply.raise_for_status()
        version = reply.json().get("version", "")
    except (requests.RequestException, ValueError):
        yield Line("LangSmith", f"{where} does not answer", _MEND, needed=False)
        return
    yield Line("LangSmith", f"{version} at {where}".strip())
