"""Cold start: what the runtime waits for before the first event, function by function."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from bench.environment import batch, environment
from bench.imports import by_package
from bench.part import Goal, Part, Result, Table
from bench.rounds import interleaved
from bench.runtime import cold_start
from bench.stub import CALLBACK_KEY, Stub

_GET = {"httpMethod": "GET", "path": "/openapi.json", "headers": {}, "requestContext": {}}
_REPORT = {
    "httpMethod": "POST",
    "pathParameters": {"key": CALLBACK_KEY, "kind": "reports"},
    "body": json.dumps({"id": "4193366853543393", "phone": "56912345678", "status": 1}),
    "isBase64Encoded": False,
}
_OUTCOME = {
    "requestId": {"S": "bench"},
    "recipient": {"S": "+56912345678"},
    "status": {"S": "submitted"},
    "attempt": {"N": "1"},
    "createdAt": {"S": "2026-11-24T12:00:00.000Z"},
    "updatedAt": {"S": "2026-11-24T12:00:00.000Z"},
}
_CHANGE = {"dynamodb": {"SequenceNumber": "1", "ApproximateCreationDateTime": 1.0, "NewImage": _OUTCOME}}
_SHOWN = 10
_FUNCTIONS: dict[str, tuple[str, Any]] = {  # the clients that each uses, and a first event
    "send": ("dynamodb,sqs,secretsmanager", {"Records": batch(1, 1)}),
    "api": ("dynamodb,sqs", _GET),
    "refresh": ("dynamodb,secretsmanager", {}),
    "watch": ("dynamodb,sqs,secretsmanager", {}),
    "reports": ("dynamodb,secretsmanager", _REPORT),
    "announce": ("events", {"Records": [_CHANGE]}),
}


def measure(*, quick: bool) -> Result:
    """Start every function and its bare counterpart, in turns."""
    rounds, names = (1, ["send"]) if quick else (9, [*_FUNCTIONS])
    with Stub() as stub:
        ready: dict[tuple[str, str], float] = {}
        answered: dict[tuple[str, str], list[float]] = {}
        cases: dict[tuple[str, str], partial[float]] = {}
        for name in names:
            clients, event = _FUNCTIONS[name]
            variables = environment(stub.url, BENCH_CLIENTS=clients)
            for who, handler in (("ours", f"{name}.handler.lambda_handler"), ("bare", "bench.bare.lambda_handler")):
                answered[name, who] = []
                cases[name, who] = partial(_start, handler, variables, event, answered[name, who])
                cases[name, who]()  # so that the interpreter's files are written and read
        ready = interleaved(cases, rounds)
    goals, rows, imported = [], [], {name: by_package(f"{name}.handler") for name in names}
    for name in names:
        ours, bare = ready[name, "ours"], ready[name, "bare"]
        first = sorted(answered[name, "ours"])[len(answered[name, "ours"]) // 2]
        goals.append(
            Goal(f"init of {name}", ours / bare, 1.4, "most", "times boto3 and its clients", _why(imported[name]))
        )
        cells = [ours, bare, first]
        rows.append([name, *(f"{seconds * 1000:,.0f}" for seconds in cells), _FUNCTIONS[name][0].replace(",", ", ")])
    columns = ["function", "init, ms", "boto3 and its clients, ms", "init and first event, ms", "clients"]
    return Result(
        goals,
        [Table("From the process's start", columns, rows), _imports(imported)],
        {"milliseconds": {name: [ready[name, "ours"] * 1000, ready[name, "bare"] * 1000] for name in names}},
    )


def _why(imported: Mapping[str, float]) -> str:
    beside = ", ".join(f"{name} {took:.0f} ms" for name, took in list(imported.items())[:6])
    return f"Most of what it imports is this: {beside}."


def _imports(imported: Mapping[str, Mapping[str, float]]) -> Table:
    packages = list(dict.fromkeys(name for found in imported.values() for name in list(found)[:_SHOWN]))
    rows = [[name, *(f"{found.get(name, 0):.0f}" for found in imported.values())] for name in packages]
    note = "Of one import each, under `python -X importtime`, which adds its own; the ten largest of each function."
    return Table("Imports, ms, by package", ["", *imported], rows, note)


def _start(handler: str, variables: dict[str, str], event: object, answered: list[float]) -> float:
    ready, done = cold_start(handler, variables, event)
    answered.append(done)
    return ready


PART = Part(
    "cold",
    "Cold start",
    "The real runtime client (awslambdaric) in a process of its own, from its start to its asking for the first event; "
    "the median of nine. Beside it a handler that imports boto3 and makes the clients that the function uses "
    "(`bench/bare.py`). Our functions make theirs at the first use, so the last column tells what the first event "
    "waits for in all, with services that answer at once.",
    measure,
)
