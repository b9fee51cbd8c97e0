"""The account's rate limit, kept by several environments at once."""

from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from bench.harness import Setup
from bench.report import Goal, Result
from bench.stub import stub

_MOST = 100  # a second
_WHY = "A turn that was reserved and then came too late for its call is lost, never used twice."


def measure(setup: Setup) -> Result:
    """Let the environments send under one limit, and count at RealTime's end."""
    environments = setup.size(3, 1)
    sms = _MOST * setup.size(12, 1) // environments
    with ExitStack() as stack:
        server = stack.enter_context(stub())
        processes = [setup.process(server.url, MAX_PER_SECOND=str(_MOST)) for _ in range(environments)]
        sends = [stack.enter_context(process) for process in processes]
        threads = stack.enter_context(ThreadPoolExecutor(environments))
        for send in sends:
            send("invoke", "send.handler", 1, 1, 1)
        server.behave(provider=0.1, store=0.005)
        list(threads.map(lambda send: send("invoke", "send.handler", 1, 1, sms), sends))
        seen = server.seen()
    arrivals, sent = seen.arrivals, len(seen.arrivals)
    average = (sent - 1) / (arrivals[-1] - arrivals[0])
    # A call that leaves on time may arrive some milliseconds late: the one after it is then in the same second.
    most = max(bisect_left(arrivals, moment + 1) - place for place, moment in enumerate(arrivals))
    goals = [
        Goal("rate limit, most in any second", most / _MOST, 1.05, "most", "times the limit"),
        Goal("rate limit, on average", average / _MOST, 0.95, "least", "times the limit", _WHY),
    ]
    return Result(goals, figures={"reservations an SMS": seen.counts["UpdateItem"] / sent})
