"""CPU an SMS in the send function, against a bare POST and the straightforward consumer."""

from collections.abc import Callable
from contextlib import ExitStack

from bench import workloads
from bench.environment import environment, process
from bench.part import Goal, Part, Result, Table
from bench.rounds import interleaved
from bench.stub import Stub

_LATENCY = 0.03  # seconds; with none, calls that are meant to overlap would not
_SHAPES = {"campaign": (1, 1000), "single codes": (10, 1)}  # messages of one event, recipients of each
_SAMPLE = 1000  # SMS in one sample of ours
_FEWER = 60  # in one sample of what sends one by one
_WHY = {
    "campaign": "What is left beside the call itself: two conditional writes an SMS, of which botocore signs, sends "
    "and parses one request for 25; the log line that each outcome has; reading and encoding the request.",
    "single codes": "An event has at most ten messages, so a request to the table is shared by ten SMS at most, not "
    "by 25; and there are at least three of them: the claims, the opt-out list, the outcomes.",
}


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
    goals = []
    for shape in _SHAPES:
        mine = spent[f"send function, {shape}"]
        goals += [
            Goal(f"CPU an SMS, {shape}", mine / spent["bare POST"], 1.6, "most", "times a bare POST", _WHY[shape]),
            Goal(
                f"CPU an SMS, {shape}",
                spent[f"consumer, {shape}"] / mine,
                6,
                "least",
                "times less than the consumer",
                _WHY[shape],
            ),
        ]
    rows = [[name, f"{seconds * 1e6:,.0f}", f"{seconds / spent['bare POST']:.2f}"] for name, seconds in spent.items()]
    table = Table("CPU an SMS", ["", "µs", "times the bare POST"], rows)
    return Result(goals, [table], {"microseconds": {name: seconds * 1e6 for name, seconds in spent.items()}})


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
