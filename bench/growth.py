"""Whether an SMS costs the same however large the request, the queue and the table are."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from statistics import median

from bench import workloads
from bench.environment import environment, process
from bench.part import Goal, Part, Result, Table
from bench.rounds import interleaved
from bench.stub import Stub

_RECIPIENTS = (1, 10, 100, 1000)
_ENVIRONMENTS = 3  # that drain the queue at once
_QUEUE = 100_000  # messages
_STEPS = 10
_END = 3  # looks at either end whose median counts: one alone says more of the machine than of the queue
_DUE = (0, 100, 1_000)


def measure(*, quick: bool) -> Result:
    """Grow the request, then drain a long queue, then sweep a table."""
    with Stub() as stub:
        an_sms = _by_request(stub, 100 if quick else 1000, 1 if quick else 5)
        drained = _by_queue(stub, 600 if quick else _QUEUE)
        calls = _by_table(stub)
    most, each = max(an_sms), [seconds for _, seconds, _ in drained]
    begin, end = (median(some) for some in (each[:_END], each[-_END:]))
    long_queue = "the end of a long queue, against its begin"
    spread = f"The looks between them, at the same load, lie from {min(each) * 1e6:,.0f} to {max(each) * 1e6:,.0f} µs."
    goals = [
        Goal(f"{most:,} recipients, against ten", an_sms[most] / an_sms[10], 1.1, "most", "times the CPU an SMS"),
        Goal(long_queue, end / begin, 1.1, "most", "times the CPU an SMS", spread),
        Goal(long_queue, drained[-1][2] / drained[0][2], 1.1, "most", "times the memory"),
        Goal("a sweep where nothing is due", calls[0], 8, "most", "calls, one for each shard of the index"),
    ]
    by_request = [[f"{recipients:,}", f"{seconds * 1e6:,.0f}"] for recipients, seconds in an_sms.items()]
    by_queue = [[f"{done:,}", f"{seconds * 1e6:,.0f}", f"{kib / 1024:.0f}"] for done, seconds, kib in drained]
    by_table = [[f"{due:,}", str(number)] for due, number in calls.items()]
    tables = [
        Table("CPU an SMS, by the size of a request", ["recipients", "µs"], by_request, _REQUEST_NOTE),
        Table("Draining a queue", ["messages drained", "CPU an SMS, µs", "a process, MiB"], by_queue),
        Table("Calls of one sweep", ["overdue", "calls"], by_table, _TABLE_NOTE),
    ]
    return Result(goals, tables, {"request": an_sms, "queue": drained})


def _by_request(stub: Stub, sms: int, rounds: int) -> dict[int, float]:
    """Give the CPU seconds an SMS by the recipients of a request; an event has ten messages, as long as it is short."""
    with process(environment(stub.url)) as send:
        stub.behave(provider=0.01)

        def case(recipients: int) -> float:
            messages = min(10, sms // recipients)
            events = max(1, sms // (messages * recipients))
            spent: float = send(workloads.repeat, workloads.send, events, messages, recipients)
            return spent / (events * messages * recipients)

        sizes = [size for size in _RECIPIENTS if size <= sms]
        case(sizes[0])
        return interleaved({size: partial(case, size) for size in sizes}, rounds)


def _by_queue(stub: Stub, messages: int) -> list[tuple[int, float, int]]:
    """Drain a queue with several environments at once; give what was done, CPU seconds an SMS, and KiB of a process."""
    stub.behave()
    step = messages // _STEPS // _ENVIRONMENTS
    with ExitStack() as stack, ThreadPoolExecutor(_ENVIRONMENTS) as threads:
        sends = [stack.enter_context(process(environment(stub.url))) for _ in range(_ENVIRONMENTS)]
        for send in sends:
            send(workloads.grown, 20)
        drained = []
        for done in range(1, _STEPS + 1):
            found = list(threads.map(lambda send: send(workloads.grown, step // 10), sends))
            seconds, kib = max(seconds for seconds, _ in found), max(kib for _, kib in found)
            drained.append((done * step * _ENVIRONMENTS, seconds, kib))
    return drained


def _by_table(stub: Stub) -> dict[int, int]:
    """Sweep a table of ten million outcomes of which some are overdue; give the calls of one sweep."""
    calls = {}
    with process(environment(stub.url)) as watch:
        for due in _DUE:
            stub.behave(due=due)
            watch(workloads.sweep)
            counts = stub.behave()
            calls[due] = sum(counts[action] for action in ("Query", "BatchGetItem", "BatchExecuteStatement"))
    return calls


_REQUEST_NOTE = (
    "An event has ten messages of one or ten recipients, or as many as come to 1,000 SMS. The more recipients an event "
    "has, the more of them share a request to the table, up to 25."
)
_TABLE_NOTE = (
    "Simulated: ten million final outcomes are in no index that is swept, so the stub need not hold them. The send "
    "function reads and writes by key alone. What is overdue is found, a hundred keys a call, and read again, a "
    "hundred a call; ending it is a write each."
)

PART = Part(
    "growth",
    "Growth",
    f"CPU of the send function's process an SMS. The queue: {_QUEUE:,} messages, drained in events of ten by "
    f"{_ENVIRONMENTS} environments at once, each a process, looked at {_STEPS} times; RealTime answers at once. "
    f"Its begin and its end are the medians of the first and of the last {_END} looks.",
    measure,
)
