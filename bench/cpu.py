"""CPU an SMS in the send function, beside a bare POST and the straightforward consumer."""

from collections.abc import Callable

from bench.harness import Run, Setup, interleaved
from bench.report import Goal, Result, Table
from bench.stub import Stub, stub

_SHAPES = {"campaign": (1, 1000), "single codes": (10, 1)}  # messages of one event, recipients of each


def measure(setup: Setup) -> Result:
    """Measure all in processes that live side by side and take turns."""
    ours, fewer = setup.size(1000, 100), setup.size(60, 20)  # SMS in a sample; fewer of what sends one by one
    with stub() as server, setup.process(server.url) as send, setup.process(server.url) as other:
        server.behave(provider=0.03)  # with no latency, calls that are meant to overlap would not
        calls = {shape: _calls(server, send, shape) for shape in _SHAPES}
        other("invoke", "bench.consumer", 1, 1, 1)
        cases: dict[str, Callable[[], float]] = {"bare POST": lambda: other("post", server.url, fewer) / fewer}
        for shape in _SHAPES:
            cases[f"send function, {shape}"] = _case(send, "send.handler", shape, ours)
            cases[f"consumer, {shape}"] = _case(other, "bench.consumer", shape, fewer)
        spent = interleaved(cases, setup.rounds(7))
    goals, bare = [], spent["bare POST"]
    for shape in _SHAPES:
        mine, theirs = spent[f"send function, {shape}"], spent[f"consumer, {shape}"]
        why = f"An SMS takes {mine * 1e6:,.0f} µs and {calls[shape]:.2g} requests to AWS, a POST {bare * 1e6:,.0f} µs."
        goals.append(Goal(f"CPU an SMS, {shape}", mine / bare, 1.6, "most", "times a bare POST", why))
        goals.append(Goal(f"CPU an SMS, {shape}", theirs / mine, 6, "least", "times less than the consumer", why))
    rows = [[name, f"{seconds * 1e6:,.0f}", f"{seconds / bare:.2f}"] for name, seconds in spent.items()]
    figures = {f"CPU an SMS, {shape}, µs": spent[f"send function, {shape}"] * 1e6 for shape in _SHAPES}
    return Result(goals, [Table(["CPU an SMS", "µs", "times the bare POST"], rows)], figures)


def _case(run: Run, module: str, shape: str, sms: int) -> Callable[[], float]:
    """Return a case that sends so many SMS; an event of a campaign may be cut."""
    messages, recipients = _SHAPES[shape][0], min(_SHAPES[shape][1], sms)
    events = max(1, sms // (messages * recipients))
    return lambda: run("invoke", module, events, messages, recipients)["cpu"] / (events * messages * recipients)


def _calls(server: Stub, send: Run, shape: str) -> float:
    """Return the requests to AWS an SMS of one event, once the process is warm."""
    messages, recipients = _SHAPES[shape]
    for _ in range(2):
        server.seen()
        send("invoke", "send.handler", 1, messages, recipients)
    return server.seen().counts["calls"] / (messages * recipients)
