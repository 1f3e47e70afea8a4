"""A server on this machine that speaks the OpenAI protocol and lets a chat model answer."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

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


@contextmanager
def serving(handle: Callable[[dict[str, Any]], Reply]) -> Iterator[str]:
    """Serve until the block ends; yield the base URL."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            status, reply = handle(body)
            sent = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(sent)))
            self.end_headers()
            self.wfile.write(sent)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()
