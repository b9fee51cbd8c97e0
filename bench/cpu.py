"""CPU an SMS in the send function, against a bare POST and the straightforward consumer."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from bench import workloads
from bench.environment import environment, process
from bench.part import Goal, Part, Result, Table
from bench.rounds import interleaved
from bench.split import split
from bench.stub import Stub

_LATENCY = 0.03  # seconds; with none, calls that are meant to overlap would not
_SHAPES = {"campaign": (1, 1000), "single codes": (10, 1)}  # messages of one event, recipients of each
_SAMPLE = 1000  # SMS in one sample of ours
_FEWER = 60  # in one sample of what sends one by one


def measure(*, quick: bool) -> Result:
    """Measure all in processes that live side by side and take turns."""
    rounds, ours, fewer = (1, 100, 20) if quick else (7, _SAMPLE, _FEWER)
    with ExitStack() as stack:
        stub = stack.enter_context(Stub())
        stub.behave(provider=_LATENCY)
        send = stack.enter_context(process(environment(stub.url)))
        consume = stack.enter_context(process(environment(stub.url)))
        post = stack.enter_context(process({}))
        cases: dict[str, Callable[[], float]] = {"bare POST": lambda: post(workloads.post, stub.url, fewer) / fewer}
        for shape, (messages, recipients) in _SHAPES.items():
            cases[f"send function, {shape}"] = _case(send, workloads.send, (messages, recipients), ours)
            cases[f"consumer, {shape}"] = _case(consume, workloads.consume, (messages, recipients), fewer)
        for warm_up in cases.values():
            warm_up()
        spent = interleaved(cases, rounds)
        parts = {shape: _parts(stub.url, shape, ours) for shape in _SHAPES}
    goals = []
    for shape in _SHAPES:
        name, mine, why = f"CPU an SMS, {shape}", spent[f"send function, {shape}"], _why(parts[shape])
        less = spent[f"consumer, {shape}"] / mine
        goals.append(Goal(name, mine / spent["bare POST"], 1.6, "most", "times a bare POST", why))
        goals.append(Goal(name, less, 6, "least", "times less than the consumer", why))
    rows = [[name, f"{seconds * 1e6:,.0f}", f"{seconds / spent['bare POST']:.2f}"] for name, seconds in spent.items()]
    table = Table("CPU an SMS", ["", "µs", "times the bare POST"], rows)
    numbers: dict[str, Any] = {"microseconds": {name: seconds * 1e6 for name, seconds in spent.items()}}
    return Result(goals, [table, _where(parts)], numbers | {"parts": parts})


def _parts(url: str, shape: str, sms: int) -> dict[str, float]:
    """Give the microseconds of an SMS that each part of the send function takes, the greatest first."""
    messages, recipients = _SHAPES[shape][0], min(_SHAPES[shape][1], sms)
    events = max(1, sms // (messages * recipients))
    with process(environment(url)) as send:
        found = send(split, events, messages, recipients)
    each = {part: seconds * 1e6 / (events * messages * recipients) for part, seconds in found.items()}
    return dict(sorted(each.items(), key=lambda one: -one[1]))


def _why(parts: dict[str, float]) -> str:
    """Say what an SMS's CPU is spent on."""
    told = ", ".join(f"{part} {each / sum(parts.values()):.0%}" for part, each in parts.items())
    return f"It goes into this: {told}."


def _where(parts: dict[str, dict[str, float]]) -> Table:
    rows = [[part, *(f"{parts[shape][part]:,.0f}" for shape in _SHAPES)] for part in parts["campaign"]]
    note = "Measured apart from the figures above, each part in its thread without the parts within it."
    return Table("Where it goes, µs an SMS", ["", *_SHAPES], rows, note)


def _case(run: Callable[..., float], act: object, shape: tuple[int, int], sms: int) -> Callable[[], float]:
    """Make a case of as many events as it takes to send so many SMS; an event of a campaign may be cut."""
    messages, recipients = shape[0], min(shape[1], sms)
    events = max(1, sms // (messages * recipients))
    return lambda: run(workloads.repeat, act, events, messages, recipients) / (events * messages * recipients)


PART = Part(
    "cpu",
    "CPU an SMS",
    f"User and system time of the whole process, threads included, over {_SAMPLE:,} SMS a round of ours and {_FEWER} "
    "of the others, the median of seven rounds. RealTime, DynamoDB, SQS and Secrets Manager are one stub in another "
    f"process, on loopback without TLS; RealTime takes {_LATENCY * 1000:.0f} ms. *Campaign* is one message to 1,000 "
    "recipients, *single codes* are ten messages to one each. The bare POST is the same request on a kept connection "
    "of urllib3, its reply read as JSON. The consumer (`bench/consumer.py`) is what powertools' pages show: "
    "`BatchProcessor`, idempotency in DynamoDB, `get_secret`, one POST and one `put_item` a recipient.",
    measure,
)
