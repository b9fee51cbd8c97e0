"""Print which project files and functions run for one warm send: `python -m tests.house.measure`.

The send function's handler gets a queue message with one recipient, after a first one to warm it up. AWS and RealTime
are the stub of the benchmark.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from pathlib import Path
from types import CodeType

from bench.harness import Setup
from bench.stub import stub
from bench.worker import invoke
from local import ROOT

_PROJECT = tuple(str(ROOT / folder) + os.sep for folder in ("functions", "layers"))

type Calls = Counter[tuple[str, str]]  # by file and function


def measure() -> Calls:
    """Send twice; return how often each project function was called for the second message.

    Changes the environment of this process, so call it in a process of its own.
    """
    calls: Calls = Counter()
    with stub() as server, redirect_stdout(StringIO()):  # the function's log
        os.environ.update(Setup().environment(server.url))
        invoke("send.handler", 1, 1, 1)
        with _counted(calls):
            invoke("send.handler", 1, 1, 1)
    return calls


@contextmanager
def _counted(calls: Calls) -> Iterator[None]:
    """Count the calls of project functions in all threads; not of comprehensions and lambdas."""
    monitoring = sys.monitoring

    def count(code: CodeType, _offset: int) -> object:
        if not code.co_filename.startswith(_PROJECT) or code.co_name.startswith("<"):
            return monitoring.DISABLE
        calls[str(Path(code.co_filename).relative_to(ROOT)), code.co_qualname] += 1
        return None

    monitoring.use_tool_id(monitoring.PROFILER_ID, "measure")
    monitoring.register_callback(monitoring.PROFILER_ID, monitoring.events.PY_START, count)
    monitoring.set_events(monitoring.PROFILER_ID, monitoring.events.PY_START)
    try:
        yield
    finally:
        monitoring.free_tool_id(monitoring.PROFILER_ID)


def main() -> None:
    """Print each function with its number of calls, and the totals."""
    calls = measure()
    files = sorted({file for file, _ in calls})
    lines = []
    for file in files:
        functions = sorted((name, times) for (place, name), times in calls.items() if place == file)
        lines += [f"{file}: {len(functions)} functions", *(f"    {times:4} x {name}" for name, times in functions)]
    lines.append(f"{len(files)} files, {len(calls)} functions, {calls.total()} calls")
    sys.stdout.write("\n".join([*lines, ""]))


if __name__ == "__main__":
    main()
