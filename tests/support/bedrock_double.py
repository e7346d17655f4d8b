"""The Bedrock runtime on loopback: answers Converse calls with what a script says, keeps them."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Script = Callable[[dict[str, Any]], tuple[int, dict[str, Any]]]
"""Takes the texts of a call; returns the HTTP status and the body of the answer."""


class Double:
    """What was asked, and where to ask."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.bodies: list[str] = []
        self.paths: list[str] = []


def answer(text: str, stop: str = "end_turn") -> dict[str, Any]:
    """Return the body of a Converse answer that says this."""
    return {
        "output": {"message": {"role": "assistant", "content": [{"text": text}]}},
        "stopReason": stop,
        "usage": {"inputTokens": 10, "outputTokens": 20, "totalTokens": 30},
        "metrics": {"latencyMs": 5},
    }


def saying(change: Callable[[dict[str, Any]], object]) -> Script:
    """Return a script whose answer is what `change` makes of the texts."""
    return lambda texts: (200, answer(json.dumps(change(texts))))


@contextmanager
def bedrock(script: Script) -> Iterator[Double]:
    """Run the double until the block ends."""
    double = Double("")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            double.bodies.append(body)
            double.paths.append(self.path)
            asked = json.loads(body)
            status, said = script(json.loads(asked["messages"][0]["content"][0]["text"]))
            data = json.dumps(said).encode()
            self.send_response(status)
            if status != 200:
                self.send_header("x-amzn-ErrorType", said["__type"])
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *args: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    double.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield double
    finally:
        server.shutdown()
        server.server_close()
