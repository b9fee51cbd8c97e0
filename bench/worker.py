"""The measured process: reads workloads from its input, one a line, and answers each with its figures.

It imports what it measures when it is asked to. What functions log goes to the file BENCH_LOG.
"""

import json
import os
import resource
import sys
import time
from functools import cache
from importlib import import_module
from itertools import count
from types import SimpleNamespace
from typing import Any

import urllib3

_TEXT = "Su pedido 4711 va en camino y llega hoy entre las 10 y las 14 horas."
_SERIAL = count(1)
_pool = cache(urllib3.connection_from_url)
_CONTEXT = SimpleNamespace(
    get_remaining_time_in_millis=lambda: 60_000,
    function_name="send",
    memory_limit_in_mb=1024,
    invoked_function_arn="arn:aws:lambda:us-east-1:000000000000:function:send",
    aws_request_id="0",
)


def invoke(module: str, events: int, messages: int, recipients: int) -> dict[str, float]:
    """Invoke a consumer of the queue; return CPU and wall-clock seconds, and the most KiB that the process has had."""
    handler = import_module(module).lambda_handler
    cpu = wall = 0.0
    for _ in range(events):
        event = sqs_event(messages, recipients)
        began = time.process_time(), time.perf_counter()
        kept = handler(event, _CONTEXT)
        cpu, wall = cpu + time.process_time() - began[0], wall + time.perf_counter() - began[1]
        assert kept == {"batchItemFailures": []}
    return {"cpu": cpu, "wall": wall, "kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}


def maintain() -> None:
    """Run the maintenance function once."""
    import_module("maintenance.handler").lambda_handler({}, _CONTEXT)


def post(url: str, calls: int) -> float:
    """Make bare calls of RealTime on one kept connection; return their CPU seconds."""
    body = json.dumps({"recipients": ["+56912345678"], "sender": "96000", "message": {"text": _TEXT}})
    headers = {"Content-Type": "application/json", "Authorization": "Bearer bench-token"}
    began = time.process_time()
    for _ in range(calls):
        reply = _pool(url).request("POST", "/api/sms", body=body, headers=headers)
        assert reply.json()["submissions"]
    return time.process_time() - began


def sqs_event(messages: int, recipients: int) -> dict[str, Any]:
    """Return an SQS event of messages with new ids and Chilean mobile numbers."""
    return {"Records": [_record(recipients) for _ in range(messages)]}


def _record(recipients: int) -> dict[str, Any]:
    serial = next(_SERIAL)
    numbers = [f"+569{(serial * recipients + offset) % 100_000_000:08}" for offset in range(recipients)]
    request_id = f"bench-{os.getpid()}-{serial}"
    body = {"requestId": request_id, "recipients": numbers, "sender": "96000", "message": {"text": _TEXT}}
    return {
        "messageId": f"message-{serial}",
        "receiptHandle": f"handle-{serial}",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:send",
        "awsRegion": "us-east-1",
    }


def _main() -> None:
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    log = os.open(os.environ.get("BENCH_LOG", os.devnull), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(log, sys.stdout.fileno())
    workloads: dict[str, Any] = {"invoke": invoke, "maintain": maintain, "post": post}
    for line in sys.stdin:
        name, *given = json.loads(line)
        answers.write(json.dumps(workloads[name](*given)) + "\n")
        answers.flush()


if __name__ == "__main__":
    _main()
