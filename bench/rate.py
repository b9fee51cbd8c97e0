"""The account's rate limit, kept by several environments at once."""

from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from bench import workloads
from bench.environment import environment, numbers, process
from bench.part import Goal, Part, Result, Table
from bench.stub import Stub

_MOST = 100  # a second
_ENVIRONMENTS = 3
_SECONDS = 12
_WHY = "A turn that was reserved and then came too late for its call is lost, never used twice."


def measure(*, quick: bool) -> Result:
    """Let the environments send under one limit, and count at RealTime's end."""
    sms = _MOST * (2 if quick else _SECONDS) // _ENVIRONMENTS
    with ExitStack() as stack:
        stub = stack.enter_context(Stub())
        variables = environment(stub.url, MAX_PER_SECOND=str(_MOST))
        runs = [stack.enter_context(process(variables)) for _ in range(_ENVIRONMENTS)]
        threads = stack.enter_context(ThreadPoolExecutor(_ENVIRONMENTS))
        for run in runs:
            run(workloads.timed, numbers(1, 1))
        stub.behave(provider=0.1, store=0.005)
        list(threads.map(lambda run: run(workloads.timed, numbers(1, sms)), runs))
        arrivals, counts = stub.look()
    sent = len(arrivals)
    average = (sent - 1) / (arrivals[-1] - arrivals[0])
    # A call that leaves on time may arrive some milliseconds late: the one after it is then in the same second.
    most = max(bisect_left(arrivals, moment + 1) - place for place, moment in enumerate(arrivals))
    goals = [
        Goal("most in any second", most / _MOST, 1.05, "most", "times the limit"),
        Goal("on average", average / _MOST, 0.95, "least", "times the limit", _WHY),
    ]
    rows = [[f"{sent:,}", f"{average:.1f}", str(most), f"{counts['UpdateItem'] / sent:.3f}"]]
    columns = ["SMS", "a second, on average", "most in any second", "reservations an SMS"]
    return Result(goals, [Table(f"{_ENVIRONMENTS} environments, {_MOST} a second", columns, rows)])


PART = Part(
    "rate",
    "The rate limit",
    f"`MaxPerSecond` of {_MOST}, with {_ENVIRONMENTS} environments, each a process, that send together for about "
    f"{_SECONDS} seconds. Calls are counted as they arrive at RealTime's end; *any second* is every window of a "
    "second, wherever it begins. Each second's turns are counted in an item of their own, so no item is hot.",
    measure,
)
