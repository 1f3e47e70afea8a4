"""The transport: chat completions over one aiohttp session, which costs a fifth of the SDK's loop.

    payload (ChatOpenAI's) → address and headers (the SDK's, built once) → aiohttp → ChatOpenAI's
    own reading of the result

`agents/servers.py` opens one for each model unless officina.yaml says `transport: openai`; the
tests hold both to the same requests, replies and faults.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

import aiohttp
from openai import AsyncOpenAI
from yarl import URL

from agents.faults import MeaninglessReplyError, StatusError

_CONNECT_SECONDS = 30.0
KEEP_SECONDS = 4.0
"""How long an idle connection is kept: uvicorn, which vLLM stands on, cuts it after five."""
MOST_BYTES = 64 * 2**20
"""Of one reply; what sends more has lost its way."""
_PATH = "/chat/completions"

Token = Callable[[], Awaitable[str]]


def connect_seconds(seconds: float) -> float:
    """Return how long connecting may take, of the seconds that a whole reply may."""
    return min(_CONNECT_SECONDS, seconds / 2)


class Transport:
    """Posts to one model's server what the SDK would, with its address, headers, proxy and TLS."""

    def __init__(
        self, client: AsyncOpenAI, model: str, seconds: float, token: Token | None = None
    ) -> None:
        self._client: Any = client
        self._model = model
        self._seconds = seconds
        self._token = token
        self._known_token: str | None = None
        self._address: URL | None = None
        self._headers: dict[str, str] = {}
        self._session: aiohttp.ClientSession | None = None

    async def post(self, payload: dict[str, Any]) -> tuple[dict[str, Any], Mapping[str, str]]:
        """Return the completion that the server sends, and the headers it came with.

        Raises:
            StatusError: the server answers with an error.
            MeaninglessReplyError: what it sends is no JSON object, or has no end.
            aiohttp.ClientError, TimeoutError: no answer, or only a part of one.
        """
        extra = payload.pop("extra_body", {})
        session, address = await self._open()
        async with session.post(
            address,
            # A half of a character would be refused by the server, if it could be sent at all.
            data=json.dumps(payload | extra, ensure_ascii=False).encode(errors="replace"),
            headers=self._headers,
            # aiohttp takes Authorization off for another server, but not Azure's header.
            allow_redirects="api-key" not in self._headers,
        ) as response:
            body = await _read(response)
        if not response.ok:
            raise StatusError(response.status, _parsed(body), response.headers)
        completion = _parsed(body)
        if not isinstance(completion, dict):
            raise MeaninglessReplyError
        return cast("dict[str, Any]", completion), response.headers

    async def close(self) -> None:
        """End the connections."""
        if self._session:
            await self._session.close()

    async def _open(self) -> tuple[aiohttp.ClientSession, URL]:
        """Return the session, with the headers for a token that still holds."""
        token = await self._token() if self._token else None
        if self._address is None or token != self._known_token:
            self._address, self._known_token = await self._prepare(), token
        if self._session is None:
            self._session = self._connect(str(self._address))
        return self._session, self._address

    async def _prepare(self) -> URL:
        """Let the SDK build a request, which costs as much as half a call, for its head only."""
        from openai._models import FinalRequestOptions

        named = {"model": self._model}
        options = FinalRequestOptions.construct(method="post", url=_PATH, json_data=named)
        request = self._client._build_request(await self._client._prepare_options(options))
        aiohttps = ("host", "content-length", "connection", "accept-encoding")
        self._headers = {k: v for k, v in request.headers.items() if k not in aiohttps}
        return URL(str(request.url), encoded=True)

    def _connect(self, address: str) -> aiohttp.ClientSession:
        http = self._client._client
        beneath = http._transport_for_url(http.build_request("POST", address).url)
        proxy = beneath.proxy and beneath.proxy.url
        if proxy and beneath.proxy.auth:
            username, password = beneath.proxy.auth
            proxy = proxy.copy_with(username=username, password=password)
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=0, ssl=beneath.ssl_context, keepalive_timeout=KEEP_SECONDS
            ),
            timeout=aiohttp.ClientTimeout(
                total=self._seconds, connect=connect_seconds(self._seconds)
            ),
            proxy=proxy and str(proxy),
        )


async def _read(response: aiohttp.ClientResponse) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > MOST_BYTES:
            raise MeaninglessReplyError(f"It is longer than {MOST_BYTES >> 20} MB.")
        parts.append(part)
    return b"".join(parts)


def _parsed(body: bytes) -> object:
    """Return a body as JSON, or as text where it is none."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
