"""A server on this machine that speaks the OpenAI protocol and lets a chat model answer."""

import itertools
import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from langchain_core.embeddings import Embeddings
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import convert_to_messages, convert_to_openai_messages

Reply = tuple[int, dict[str, Any]]


def completion(message: dict[str, Any]) -> Reply:
    """Return a chat completion that holds the message."""
    finish = "tool_calls" if message.get("tool_calls") else "stop"
    return 200, {
        "id": "1",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": [{"index": 0, "finish_reason": finish, "message": message}],
        "usage": {"prompt_tokens": 11, "completion_tokens": 5, "total_tokens": 16},
    }


def said(text: str) -> Reply:
    """Return a completion with this text."""
    return completion({"role": "assistant", "content": text})


def refusal(status: int, message: str, code: str = "x") -> Reply:
    """Return an error as the protocol words it."""
    return status, {"error": {"message": message, "code": code, "type": "x", "param": None}}


def answering_with(model: BaseChatModel) -> Callable[[dict[str, Any]], Reply]:
    """Return a handler that lets the model answer each request."""

    def handle(request: dict[str, Any]) -> Reply:
        options = {name: request[name] for name in ("tools", "response_format") if name in request}
        reply = model.invoke(convert_to_messages(request["messages"]), **options)
        message = convert_to_openai_messages(reply)
        assert isinstance(message, dict)
        return completion(message)

    return handle


class Holding:
    """Lets a handler answer the first `most` requests, and holds the others until released."""

    def __init__(self, handle: Callable[[dict[str, Any]], Reply], most: int) -> None:
        self.is_holding = threading.Event()
        self._handle, self._most = handle, most
        self._numbers = itertools.count()
        self._released = threading.Event()

    def handle(self, request: dict[str, Any]) -> Reply:
        """Answer a request, now or when all are released."""
        if next(self._numbers) >= self._most:
            self.is_holding.set()
            self._released.wait()
        return self._handle(request)

    def release(self) -> None:
        """Hold nothing any more."""
        self._released.set()


def embedding_with(embeddings: Embeddings) -> Callable[[dict[str, Any]], Reply]:
    """Return a handler that gives the embeddings' vectors, as a server does that takes texts."""

    def handle(request: dict[str, Any]) -> Reply:
        texts = [request["input"]] if isinstance(request["input"], str) else request["input"]
        if not all(isinstance(text, str) for text in texts):
            return refusal(400, "the input must be texts")
        given = [
            {"object": "embedding", "index": at, "embedding": vector}
            for at, vector in enumerate(embeddings.embed_documents(texts))
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return 200, {"object": "list", "model": request["model"], "data": given, "usage": usage}

    return handle


def plain(handle: Callable[[dict[str, Any]], Reply]) -> Callable[[dict[str, Any]], Reply]:
    """Return a handler for a server that knows neither JSON schemas nor tools."""

    def handled(request: dict[str, Any]) -> Reply:
        if "tools" in request or "response_format" in request:
            return refusal(400, "extra fields are not permitted")
        named = re.search(
            r'"title": "(Question|Critique|RowJudgement|Answer)", "type"',
            str(request["messages"][-1]["content"]),
        )
        if not named:
            return said("Let me think.</think>There is nothing to say.")
        wanted = {"json_schema": {"name": named[1]}}
        status, reply = handle({**request, "response_format": wanted})
        message = reply["choices"][0]["message"]
        message["content"] = (
            f"<think>Hm, {{...}}</think>\nHere it is:\n```json\n{message['content']}\n```"
        )
        return status, reply

    return handled


@contextmanager
def serving(
    handle: Callable[[dict[str, Any]], Reply],
    hear: Callable[[str, dict[str, str]], None] = lambda path, headers: None,
    port: int = 0,
    models: tuple[str, ...] = ("m",),
    token: str = "",
) -> Iterator[str]:
    """Serve until the block ends; yield the base URL. `hear` gets each path and its headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hear(self.path, {name.lower(): value for name, value in self.headers.items()})
            if "/token" in self.path:
                given = {"access_token": token, "token_type": "Bearer", "resource": "x"}
                self._send(200, {**given, "expires_on": "9999999999"})
                return
            listed = [{"id": name, "object": "model"} for name in models]
            self._send(200, {"object": "list", "data": listed})

        def do_POST(self) -> None:
            hear(self.path, {name.lower(): value for name, value in self.headers.items()})
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            self._send(*handle(body))

        def _send(self, status: int, reply: object) -> None:
            sent = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
