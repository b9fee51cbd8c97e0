"""What an SMS costs: calls counted at the wire, and their price, for three shapes of load."""

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from bench import workloads
from bench.environment import Run, environment, process
from bench.part import Goal, Part, Result, Table
from bench.stub import Stub

_PROVIDER, _STORE = 0.2, 0.008  # seconds that a call takes, as on AWS
_GIGABYTES = 1.0  # of the function, as in the template
_MILLION = 1_000_000

# List prices of us-east-1 in US dollars, x86, without free tiers; they are an assumption, and stand in the page.
_PRICES = {
    "DynamoDB, a million write units": 0.625,
    "DynamoDB, a million read units": 0.125,
    "SQS, a million requests": 0.40,
    "Lambda, a million requests": 0.20,
    "Lambda, a million GB-seconds": 16.6667,
    "CloudWatch Logs, a GB taken in": 0.50,
}
_PRICES_OF = "as published in 2025"


class _Shape(NamedTuple):
    """Messages of an event, recipients of a message, and how many of those the consumer is given in a sample."""

    messages: int
    recipients: int
    consumer: int


_SHAPES = {
    "single codes, one an event": _Shape(1, 1, 1),
    "a campaign, 1,000 recipients a request": _Shape(1, 1000, 20),
    "steady alerts, 20 a second, four an event": _Shape(4, 1, 1),
}


@dataclass(frozen=True, slots=True)
class _Use:
    """What one SMS uses, on average."""

    writes: float
    index_writes: float
    reads: float
    queue_calls: float
    invocations: float
    seconds: float
    log_bytes: float

    @property
    def prices(self) -> dict[str, float]:
        """Give the dollars of a million SMS, by what they are for."""
        price = _PRICES
        return {
            "DynamoDB writes": self.writes * price["DynamoDB, a million write units"],
            "DynamoDB index writes": self.index_writes * price["DynamoDB, a million write units"],
            "DynamoDB reads": self.reads * price["DynamoDB, a million read units"],
            "SQS": self.queue_calls * price["SQS, a million requests"],
            "Lambda requests": self.invocations * price["Lambda, a million requests"],
            "Lambda time": self.seconds * _GIGABYTES * price["Lambda, a million GB-seconds"],
            "logs": self.log_bytes * _MILLION / 1e9 * price["CloudWatch Logs, a GB taken in"],
        }


def measure(*, quick: bool) -> Result:
    """Count ours and the consumer's for every shape."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stub = stack.enter_context(Stub())
        logs = {who: folder / who for who in ("ours", "consumer")}
        runs = {
            who: stack.enter_context(process(environment(stub.url, BENCH_LOG=str(log)))) for who, log in logs.items()
        }
        uses: dict[tuple[str, str], _Use] = {}
        for name, shape in list(_SHAPES.items())[: 1 if quick else None]:
            events = 2 if quick else max(3, 40 // shape.recipients)
            uses[name, "ours"] = _ours(stub, runs["ours"], shape, events, logs["ours"])
            uses[name, "consumer"] = _consumers(stub, runs["consumer"], shape, min(events, 10), logs["consumer"])
    shapes = list(dict.fromkeys(name for name, _ in uses))
    goals = [Goal(f"writes an SMS, {name}", uses[name, "ours"].writes, 2, "most", "writes") for name in shapes]
    totals = {name: {who: sum(uses[name, who].prices.values()) for who in ("ours", "consumer")} for name in shapes}
    assumed = [[name, f"{price:g}"] for name, price in _PRICES.items()]
    tables = [_calls(uses), _dollars(uses), Table(f"Prices assumed: us-east-1, {_PRICES_OF}, USD", ["", ""], assumed)]
    return Result(goals, tables, {"dollars": totals})


def _ours(stub: Stub, run: Run, shape: _Shape, events: int, log: Path) -> _Use:
    counts, seconds, logged = _sample(stub, run, workloads.send_timed, shape, events, log)
    sms = events * shape.messages * shape.recipients
    return _use(shape, counts["statements"] / sms, 3, counts["keys"] / sms, seconds / sms, logged / sms)


def _consumers(stub: Stub, run: Run, shape: _Shape, events: int, log: Path) -> _Use:
    fewer = shape._replace(recipients=shape.consumer)
    counts, seconds, logged = _sample(stub, run, workloads.consume_timed, fewer, events, log)
    sms = events * fewer.messages * fewer.recipients
    writes = (counts["PutItem"] + counts["UpdateItem"]) / sms
    return _use(shape, writes, 0, counts["keys"] / sms, seconds / sms, logged / sms)


def _sample(  # noqa: PLR0913, PLR0917
    stub: Stub, run: Run, act: object, shape: _Shape, events: int, log: Path
) -> tuple[Mapping[str, int], float, int]:
    run(act, 1, shape.messages, shape.recipients)
    stub.behave(provider=_PROVIDER, store=_STORE)
    before = log.stat().st_size
    seconds: float = run(act, events, shape.messages, shape.recipients)
    return stub.behave(), seconds, log.stat().st_size - before


def _use(shape: _Shape, writes: float, indexes: int, reads: float, seconds: float, logged: float) -> _Use:  # noqa: PLR0913, PLR0917
    an_event = shape.messages * shape.recipients
    queue = 1 / shape.recipients + 2 / an_event  # one SendMessage a message; the event's receipt and its deletion
    return _Use(writes, indexes, reads, queue, 1 / an_event, seconds, logged)


def _calls(uses: Mapping[tuple[str, str], _Use]) -> Table:
    columns = ["", "", "writes", "index writes", "reads", "queue calls", "invocations", "ms of function", "log bytes"]
    rows = [
        [
            name,
            who,
            *(f"{value:.3g}" for value in (use.writes, use.index_writes, use.reads, use.queue_calls, use.invocations)),
            f"{use.seconds * 1000:.3g}",
            f"{use.log_bytes:.0f}",
        ]
        for (name, who), use in uses.items()
    ]
    return Table("An SMS uses", columns, rows, _CALLS_NOTE)


def _dollars(uses: Mapping[tuple[str, str], _Use]) -> Table:
    told = [*next(iter(uses.values())).prices]
    rows = [
        [name, who, *(f"{use.prices[one]:.2f}" for one in told), f"{sum(use.prices.values()):.2f}"]
        for (name, who), use in uses.items()
    ]
    return Table("A million SMS, USD", ["", "", *told, "total"], rows)


_CALLS_NOTE = (
    "Writes and reads are counted at the wire; every item is under 1 KB. The index writes follow from the template: a "
    "claim enters the index of unfinished submissions, an outcome leaves it and enters that of submission ids. They "
    "are what the sweeper, the API and delivery reports stand on; the consumer has none of these. A read is a key of "
    "the opt-out list, and in a campaign one of the submission itself. The consumer sends to one recipient after the "
    "other, so its function waits for each."
)

PART = Part(
    "money",
    "Calls and money",
    f"Calls counted by the stub, time by the wall clock, with {_PROVIDER * 1000:.0f} ms a call to RealTime and "
    f"{_STORE * 1000:.0f} ms a call to DynamoDB; the function has 1 GB. The consumer's campaign is measured on 20 "
    "recipients: its time is proportional to them. RealTime's own price, the storage of outcomes, secrets, alarms and "
    "what is paid once a month are left out, for both.",
    measure,
)
