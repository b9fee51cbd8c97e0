"""What is run in the measured processes: the send function, the straightforward consumer, and a bare POST."""

import json
import resource
import time
from collections.abc import Callable
from functools import cache
from itertools import batched
from typing import Any

import urllib3

from bench.environment import INVOCATION, TEXT, batch, record
from bench.stub import TOKEN


def send(messages: int, recipients: int) -> float:
    """Invoke the send function with one batch; give its CPU seconds."""
    from send.handler import lambda_handler  # noqa: PLC0415 (what is measured is loaded in its own process only)

    return _cpu(lambda records: lambda_handler({"Records": records}, INVOCATION), messages, recipients)  # type: ignore[arg-type]


def consume(messages: int, recipients: int) -> float:
    """Invoke the straightforward consumer with one batch; give its CPU seconds."""
    from bench.consumer import lambda_handler  # noqa: PLC0415

    return _cpu(lambda records: lambda_handler({"Records": records}, INVOCATION), messages, recipients)


def post(url: str, calls: int) -> float:
    """Make so many calls of RealTime's with nothing around them, on one kept connection; give their CPU seconds."""
    pool, body = _pool(url), json.dumps({"recipients": ["+56912345678"], "sender": "96000", "message": {"text": TEXT}})
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {TOKEN}"}
    start = time.process_time()
    for _ in range(calls):
        reply = pool.request("POST", "/api/sms", body=body, headers=headers)
        assert reply.json()["submissions"]
    return time.process_time() - start


@cache
def _pool(url: str) -> urllib3.HTTPConnectionPool:
    return urllib3.connection_from_url(url)


def _cpu(act: Callable[[list[dict[str, Any]]], Any], messages: int, recipients: int) -> float:
    records = batch(messages, recipients)
    start = time.process_time()
    kept = act(records)
    spent = time.process_time() - start
    assert kept == {"batchItemFailures": []}
    return spent


def send_timed(events: int, messages: int, recipients: int) -> float:
    """Invoke the send function as often as told; give the wall seconds of all."""
    return _wall(send, events, messages, recipients)


def consume_timed(events: int, messages: int, recipients: int) -> float:
    """Invoke the straightforward consumer as often as told; give the wall seconds of all."""
    return _wall(consume, events, messages, recipients)


def _wall(act: Callable[[int, int], float], events: int, messages: int, recipients: int) -> float:
    start = time.perf_counter()
    repeat(act, events, messages, recipients)
    return time.perf_counter() - start


def sweep() -> int:
    """Let the watch function's sweep look once at the table."""
    from maintenance.sweep import sweep as sweep_function  # noqa: PLC0415
    from realtime_sms.aws import clients  # noqa: PLC0415
    from realtime_sms.aws.submissions import Submissions  # noqa: PLC0415
    from realtime_sms.outcomes.submission import Rules  # noqa: PLC0415

    return sweep_function(Submissions(clients.dynamodb(), "outcomes", ttl_days=45), Rules(), time.time())


def repeat(act: Callable[[int, int], float], events: int, messages: int, recipients: int) -> float:
    """Invoke as often as told; give the CPU seconds of all."""
    return sum(act(messages, recipients) for _ in range(events))


def timed(numbers: list[str]) -> dict[str, float]:
    """Send to these numbers in one event, in requests of as many as one may have; give its wall and CPU seconds."""
    from realtime_sms.requests.model import MAX_RECIPIENTS  # noqa: PLC0415
    from send.handler import lambda_handler  # noqa: PLC0415

    records = [record(list(some)) for some in batched(numbers, MAX_RECIPIENTS, strict=False)]
    wall, cpu = time.perf_counter(), time.process_time()
    lambda_handler({"Records": records}, INVOCATION)  # type: ignore[arg-type]
    return {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def grown(events: int) -> tuple[float, int]:
    """Invoke with batches of ten messages; give the CPU seconds an SMS, and how large the process is, in KiB."""
    spent = repeat(send, events, 10, 1) / events / 10
    return spent, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
