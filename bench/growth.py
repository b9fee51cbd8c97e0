"""Whether an SMS costs the same however large request, queue and table are; and the rate limit of many at once."""

from bisect import bisect_left
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from statistics import median

from bench.harness import Run, Setup, interleaved
from bench.report import Goal, Result, Table
from bench.stub import Stub, stub

_ENVIRONMENTS = 3  # that drain the queue at once
_MOST = 100  # a second, for all environments
_QUEUE = 100_000  # messages
_LOOKS = 10
_END = 3  # looks at either end whose median counts: one alone says more of the machine than of the queue


def measure(setup: Setup) -> Result:
    """Grow the request, then drain a long queue, then look for what is overdue, then keep to a rate limit."""
    with stub() as server:
        an_sms, looks = _by_request(setup, server), _by_queue(setup, server)
        queries = look_for_overdue(setup, server)
    sizes = [f"{recipients:,}" for recipients in an_sms]
    cpu, kib = [seconds * 1e6 for seconds, _ in looks], [kib for _, kib in looks]
    begin, end, spread = median(cpu[:_END]), median(cpu[-_END:]), f"Looks take {min(cpu):,.0f} to {max(cpu):,.0f} µs."
    queue, unit = "a long queue, its end against its beginning", "times the CPU an SMS"
    goals = [
        Goal(f"a request of {sizes[-1]}, against one of ten", max(an_sms.items())[1] / an_sms[10], 1.1, "most", unit),
        Goal(queue, end / begin, 1.1, "most", unit, spread),
        Goal(queue, kib[-1] / kib[0], 1.1, "most", "times the memory"),
        Goal("maintenance where nothing is due", queries, 8, "most", "queries, one for each shard of the index"),
    ]
    by_size = [["µs an SMS", *(f"{seconds * 1e6:,.0f}" for seconds in an_sms.values())]]
    limit = rate_limit(setup)
    return Result([*goals, *limit.goals], [Table(["recipients of a request", *sizes], by_size)], limit.figures)


def _by_request(setup: Setup, server: Stub) -> dict[int, float]:
    """Return the CPU seconds an SMS by the recipients of a request."""
    sms = setup.size(1000, 100)
    with setup.process(server.url) as send:
        server.behave(provider=0.01)
        _spent(send, sms, 1)
        cases = {size: partial(_spent, send, sms, size) for size in (1, 10, 100, 1000) if size <= sms}
        return interleaved(cases, setup.rounds(5))


def _spent(send: Run, sms: int, recipients: int) -> float:
    messages = min(10, sms // recipients)
    events = max(1, sms // (messages * recipients))
    return float(send("invoke", "send.handler", events, messages, recipients)["cpu"]) / (events * messages * recipients)


def _by_queue(setup: Setup, server: Stub) -> list[tuple[float, int]]:
    """Drain a queue; return for each look the CPU seconds an SMS and the KiB of a process."""
    server.behave()
    events = setup.size(_QUEUE, 600) // _LOOKS // _ENVIRONMENTS // 10
    looks = []
    with ExitStack() as stack, ThreadPoolExecutor(_ENVIRONMENTS) as threads:
        sends = [stack.enter_context(setup.process(server.url)) for _ in range(_ENVIRONMENTS)]
        for some in [20] + [events] * _LOOKS:  # the first ones warm up
            found = list(threads.map(lambda send, some=some: send("invoke", "send.handler", some, 10, 1), sends))
            looks.append((max(one["cpu"] for one in found) / some / 10, max(int(one["kib"]) for one in found)))
    return looks[1:]


def look_for_overdue(setup: Setup, server: Stub) -> int:
    """Return how many queries of the index of unfinished submissions one run of maintenance makes."""
    server.behave()
    with setup.process(server.url) as run:
        run("maintain")
    queries = server.seen().counts["overdue"]
    assert queries, "the stub recognised no query of that index"
    return queries


def rate_limit(setup: Setup) -> Result:
    """Let the environments send under one limit, and count at RealTime's end."""
    environments = setup.size(_ENVIRONMENTS, 1)
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
    why = "A turn that was reserved and then came too late for its call is lost, never used twice."
    goals = [
        Goal("rate limit, most in any second", most / _MOST, 1.05, "most", "times the limit"),
        Goal("rate limit, on average", average / _MOST, 0.95, "least", "times the limit", why),
    ]
    return Result(goals, figures={"reservations an SMS": seen.counts["UpdateItem"] / sent})
