"""Redactor: takes secrets out of texts before they reach a log, the journal or a trace."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import cast
from urllib.parse import quote

REDACTED = "[redacted]"
_SHORTEST = 6


class Redactor:
    """Replaces each secret in a text, as it is, as URLs write it, and in base64."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets for form in _forms(secret)}
        longest_first = sorted(forms, key=lambda form: (-len(form), form))
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if forms else None

    def __call__(self, text: str) -> str:
        """Return the text without any of the secrets."""
        return self._pattern.sub(REDACTED, text) if self._pattern else text

    def inside(self, value: object) -> object:
        """Return plain values with every string in them redacted; numbers are left alone."""
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            pairs = cast("Mapping[str, object]", value).items()
            return {self(name): self.inside(each) for name, each in pairs}
        if isinstance(value, Sequence):
            return [self.inside(each) for each in cast("Sequence[object]", value)]
        return value


def _forms(secret: str) -> Iterator[str]:
    # Shorter ones are no keys, and stand in every text.
    if len(secret) >= _SHORTEST:
        yield from (secret, quote(secret), quote(secret, safe=""))
        yield base64.b64encode(secret.encode()).decode().rstrip("=")
