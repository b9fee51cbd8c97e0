"""Cold start: how long the real runtime client takes until it asks for the first event, function by function.

`sam build` makes no compiled files, so Python compiles the packages and our code at each start; only the standard
library is compiled. The goals are about that, since others build that way. `make build` compiles all.
"""

import json
import subprocess
import sys
import sysconfig
import tempfile
import time
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from bench.harness import Setup, interleaved
from bench.report import Goal, Result, Table
from bench.stub import Stub, stub
from bench.worker import sqs_event

_POST = {  # as API Gateway hands it over
    "httpMethod": "POST",
    "path": "/messages",
    "pathParameters": {"proxy": "messages"},
    "requestContext": {"path": "/v1/messages", "stage": "v1"},
    "headers": {"Content-Type": "application/json"},
    "body": json.dumps({"recipients": ["+56912345678"], "message": {"text": "Hola"}}),
    "isBase64Encoded": False,
}
_FUNCTIONS: dict[str, tuple[str, Any]] = {  # the clients that each uses, and a first event for which somebody waits
    "send": ("dynamodb,sqs,secretsmanager", sqs_event(1, 1)),
    "api": ("dynamodb,sqs", _POST),
    "callbacks": ("dynamodb,secretsmanager", None),
    "announce": ("events", None),
    "maintenance": ("dynamodb,sqs,secretsmanager", None),
    "refresh": ("dynamodb,secretsmanager", None),
}

_NO_FILES = {"PYTHONDONTWRITEBYTECODE": "1"}
_REST = ("api", "REST")

type Case = tuple[str, str]  # the function, and who: "ours", or what it is compared with


def measure(setup: Setup) -> Result:
    """Start every function and what it is compared with, in turns; with compiled files, and then without."""
    names = ["api"] if setup.quick else [name for name in _FUNCTIONS if (setup.code / "functions" / name).is_dir()]
    handlers = {(name, "ours"): f"{name}.handler" for name in names}
    handlers |= {(name, "boto3"): "bench.boto3_only" for name in names} | {_REST: "bench.rest_handler"}
    with stub() as server, tempfile.TemporaryDirectory() as folder:
        files = {"PYTHONPYCACHEPREFIX": folder}
        _start_all(setup, server, handlers, files, 1)  # compiles
        compiled, after_compiled = _start_all(setup, server, handlers, files, setup.rounds(5))
        _keep_standard_library(Path(folder))
        plain, after_plain = _start_all(setup, server, handlers, files | _NO_FILES, setup.rounds(5))
    ratios = {name: plain[name, "ours"] / plain[name, "boto3"] for name in names}
    slowest = max(ratios, key=ratios.__getitem__)
    every = ", ".join(f"{name} {ratio:.2f}" for name, ratio in ratios.items())
    why = f"All: {every}. Powertools and pydantic have to be compiled too."
    rest = plain["api", "ours"] / plain[_REST]
    goals = [
        Goal(f"init, slowest function: {slowest}", ratios[slowest], 1.4, "most", "times boto3 and its clients", why),
        Goal("init of api", rest, 1.15, "most", "times a REST handler of powertools"),
    ]
    figures = {f"init of {name}, ms": plain[name, "ours"] * 1000 for name in names}
    return Result(goals, [_table(plain, after_plain), _table(compiled, after_compiled)], figures)


def _start_all(
    setup: Setup, server: Stub, handlers: dict[Case, str], variables: dict[str, str], rounds: int
) -> tuple[dict[Case, float], dict[Case, list[float]]]:
    """Start all in turns; return the seconds until each asked for its first event, and until it had answered it."""
    answered: dict[Case, list[float]] = {case: [] for case in handlers}
    starts = {
        case: partial(_start, setup, server, case[0], module, answered[case], variables)
        for case, module in handlers.items()
    }
    return interleaved(starts, rounds), answered


def _table(ready: dict[Case, float], answered: dict[Case, list[float]]) -> Table:
    rows = []
    for name, who in [*(case for case in ready if case[1] == "ours"), _REST]:
        first = f"{median(answered[name, who]) * 1000:,.0f}" if answered[name, who] else ""
        title = name if who == "ours" else "REST handler of powertools"
        rows.append([title, f"{ready[name, who] * 1000:,.0f}", f"{ready[name, 'boto3'] * 1000:,.0f}", first])
    return Table(["function", "init, ms", "boto3 and its clients, ms", "init and first event, ms"], rows)


def _keep_standard_library(compiled: Path) -> None:
    """Delete all compiled files but those of the standard library."""
    library = compiled / Path(sysconfig.get_path("stdlib")).relative_to("/")
    for file in compiled.rglob("*.pyc"):
        if library not in file.parents or "site-packages" in file.parts:
            file.unlink()


def _start(  # noqa: PLR0913, PLR0917 (a case)
    setup: Setup, server: Stub, name: str, module: str, answered: list[float], variables: dict[str, str]
) -> float:
    """Start a function; return after how many seconds it asked for its first event, and note when it had answered."""
    clients, event = _FUNCTIONS[name]
    server.seen(event=event)
    variables = variables | {
        "AWS_LAMBDA_RUNTIME_API": server.url.removeprefix("http://"),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
        "BENCH_CLIENTS": clients,
    }
    command = [sys.executable, "-m", "awslambdaric", f"{module}.lambda_handler"]
    code = setup if module == f"{name}.handler" else Setup()  # what it is compared with is of this checkout
    environment = code.environment(server.url, **variables)
    began = time.monotonic()  # the stub's clock too
    subprocess.run(command, env=environment, capture_output=True, check=False, timeout=60)
    seen = server.seen()
    if seen.counts["errors"]:
        raise RuntimeError(f"{module} failed")
    if event is not None:
        answered.append(seen.runtime[1] - began)
    return seen.runtime[0] - began
