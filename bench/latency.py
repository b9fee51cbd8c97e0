"""How long one message takes beyond RealTime's own time, and how many round trips to the table that is."""

from collections import Counter
from functools import partial

from bench.harness import Run, Setup, interleaved
from bench.report import Goal, Result, Table
from bench.stub import Stub, stub

_PROVIDER, _STORE = 0.05, 0.02  # seconds
_COUNTED = ("BatchExecuteStatement", "BatchGetItem", "GetSecretValue")


def measure(setup: Setup) -> Result:
    """Send single messages to a table that takes no time, and to one that takes some."""
    with stub() as server, setup.process(server.url) as send:
        calls = {"the first of an environment": _counted(server, send), "the next": _counted(server, send)}
        cases = {store: partial(_one, server, send, store) for store in (0.0, _STORE)}
        beyond = interleaved(cases, setup.rounds(25))
    trips = (beyond[_STORE] - beyond[0.0]) / _STORE
    times = [f"{seconds * 1000:.1f} ms" for seconds in beyond.values()]
    rows = [[which, *(str(counts[action]) for action in _COUNTED)] for which, counts in calls.items()]
    rows = [[*rows[0], "", ""], [*rows[1], *times]]
    columns = ["", *_COUNTED, *(f"beyond RealTime's time, table {store * 1000:.0f} ms" for store in beyond)]
    name = "round trips to the table that one message waits for"
    figures = {"one message beyond RealTime's time, ms": beyond[0.0] * 1000, name: trips}
    return Result([Goal(name, trips, 2.25, "most", "round trips")], [Table(columns, rows)], figures)


def _one(server: Stub, send: Run, store: float) -> float:
    server.behave(provider=_PROVIDER, store=store)
    return float(send("invoke", "send.handler", 1, 1, 1)["wall"]) - _PROVIDER


def _counted(server: Stub, send: Run) -> Counter[str]:
    server.seen()
    send("invoke", "send.handler", 1, 1, 1)
    return server.seen().counts
