"""The real Lambda runtime client in a process of its own, timed from its start to when it asks for an event."""

import json
import os
import subprocess
import sys
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import SimpleQueue

_ROOT = Path(__file__).resolve().parents[1]
_PATHS = [_ROOT / "functions", _ROOT / "layers" / "realtime-sms", _ROOT]
_PATIENCE = 60  # seconds


class _RuntimeApi(ThreadingHTTPServer):
    """What Lambda offers to a function's process: one event, and where its result goes."""

    daemon_threads = True

    def __init__(self, event: object) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.event = json.dumps(event).encode()
        self.moments: SimpleQueue[float] = SimpleQueue()
        self.end = threading.Event()
        self.given = False

    def handle_error(self, *_: object) -> None:
        """Say nothing: the function is killed while it waits for more."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _RuntimeApi

    def do_GET(self) -> None:
        """Note that the function is ready, and give it the event; after that, none."""
        if self.server.given:
            self.server.end.wait()
            return
        self.server.moments.put(time.perf_counter())
        self.server.given = True
        self.send_response(200)
        self.send_header("Lambda-Runtime-Aws-Request-Id", str(uuid.uuid4()))
        self.send_header("Lambda-Runtime-Deadline-Ms", str(int((time.time() + 60) * 1000)))
        self.send_header("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:000000000000:function:one")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(self.server.event)))
        self.end_headers()
        self.wfile.write(self.server.event)

    def do_POST(self) -> None:
        """Take the result, or what went wrong."""
        self.server.moments.put(time.perf_counter())
        said = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if self.path.endswith("/error"):
            sys.stderr.write(f"{said}\n")
        self.send_response(202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def cold_start(handler: str, variables: dict[str, str], event: object) -> tuple[float, float]:
    """Start a function; give the seconds until it was ready, and until it had answered its first event."""
    api = _RuntimeApi(event)
    threading.Thread(target=api.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    told = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(map(str, _PATHS)),
        "AWS_LAMBDA_RUNTIME_API": f"127.0.0.1:{api.server_address[1]}",
        "AWS_LAMBDA_FUNCTION_NAME": "one",
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        **variables,
    }
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "awslambdaric", handler],
        env=told,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        ready, answered = (api.moments.get(timeout=_PATIENCE) - start for _ in range(2))
    finally:
        process.kill()
        process.wait()
        api.end.set()
        api.shutdown()
        api.server_close()
    return ready, answered
