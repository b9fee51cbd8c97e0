"""The real Lambda runtime client in a process of its own, and the runtime API that feeds it, on loopback."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[3]
TIMEOUT_SECONDS = 60  # as the template gives the send function
_PATIENCE = 60  # seconds for an answer, on a busy machine
_NEXT = "/2018-06-01/runtime/invocation/next"


class RuntimeApi(ThreadingHTTPServer):
    """What Lambda offers to a function's process: the next event, and where its result goes."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.events: SimpleQueue[bytes | None] = SimpleQueue()
        self.results: SimpleQueue[Any] = SimpleQueue()
        self.ready = threading.Event()

    @property
    def address(self) -> str:
        """Host and port, as AWS_LAMBDA_RUNTIME_API has them."""
        return f"127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: RuntimeApi

    def do_GET(self) -> None:
        """Return the next event, as soon as there is one."""
        assert self.path == _NEXT
        self.server.ready.set()
        event = self.server.events.get()
        if event is None:
            return
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + TIMEOUT_SECONDS) * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:sa-east-1:000000000000:function:send")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(event)))
        self.end_headers()
        self.wfile.write(event)

    def do_POST(self) -> None:
        """Take a result or an error."""
        result = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()
        self.server.results.put(result)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class FunctionProcess:
    """A context manager around one process of the send function; it is killed at the end, if not before."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._api = RuntimeApi()
        paths = [ROOT / "functions", ROOT / "layers" / "realtime-sms"]
        self._environment = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "AWS_LAMBDA_RUNTIME_API": self._api.address,
            "AWS_LAMBDA_FUNCTION_NAME": "send",
            "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
            **environment,
        }

    def __enter__(self) -> Self:
        threading.Thread(target=self._api.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "awslambdaric", "send.handler.lambda_handler"],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        self._api.events.put(None)
        self._api.shutdown()
        self._api.server_close()

    def hand_over(self, event: object) -> None:
        """Hand the process an event once it asks for one."""
        assert self._api.ready.wait(_PATIENCE), "the process did not come up"
        self._api.events.put(json.dumps(event).encode())

    def invoke(self, event: object) -> Any:  # noqa: ANN401 (JSON)
        """Hand the process an event, and return what it returns."""
        self.hand_over(event)
        return self.result()

    def result(self) -> Any:  # noqa: ANN401 (JSON)
        """Wait for what it returns."""
        return self._api.results.get(timeout=_PATIENCE)

    def kill(self) -> None:
        """End it in the middle of whatever it does, and wait until it is gone."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
