"""How long a single message takes beyond RealTime's own time, and how many round trips to the table that is."""

from functools import partial

from bench import workloads
from bench.environment import Run, environment, numbers, process
from bench.part import Goal, Part, Result, Table
from bench.rounds import interleaved
from bench.stub import Stub

_PROVIDER = 0.05  # seconds
_STORE = 0.02
_COUNTED = ("BatchExecuteStatement", "BatchGetItem", "GetSecretValue")
_WHY = "The difference between the two rows is the store's time alone, so it is what the message waits for."


def measure(*, quick: bool) -> Result:
    """Send single messages, with a store that takes no time and with one that takes some; the difference tells."""
    rounds = 2 if quick else 25
    with Stub() as stub, process(environment(stub.url)) as send:
        first = _counted(stub, send)
        warm = _counted(stub, send)
        cases: dict[float, partial[float]] = {store: partial(_one, stub, send, store) for store in (0.0, _STORE)}
        beyond = interleaved(cases, rounds)
    trips = (beyond[_STORE] - beyond[0.0]) / _STORE
    rows = [[f"{store * 1000:.0f} ms", f"{seconds * 1000:.1f} ms"] for store, seconds in beyond.items()]
    calls = [
        [name, *(str(counts.get(action, 0)) for action in _COUNTED)]
        for name, counts in (("first of an environment", first), ("next", warm))
    ]
    return Result(
        [Goal("one message, round trips that it waits for", trips, 2.25, "most", "round trips to the table", _WHY)],
        [
            Table("One message, beyond RealTime's time", ["a call to the table takes", "handler, less RealTime"], rows),
            Table("Calls for one message, counted at the wire", ["", *_COUNTED], calls, _NOTE),
        ],
        {"milliseconds": {f"{store * 1000:.0f} ms": seconds * 1000 for store, seconds in beyond.items()}},
    )


def _one(stub: Stub, send: Run, store: float) -> float:
    stub.behave(provider=_PROVIDER, store=store)
    seconds: float = send(workloads.timed, numbers(7, 1))["seconds"]
    return seconds - _PROVIDER


def _counted(stub: Stub, send: Run) -> dict[str, int]:
    stub.behave()
    send(workloads.timed, numbers(7, 1))
    return stub.behave()


_NOTE = (
    "The claim and the outcome are one call each. The opt-out list is read while the claim is written. The breakers "
    "are read at most every five seconds and the token every five minutes, by each environment; the message that "
    "comes then waits for that too."
)

PART = Part(
    "latency",
    "Latency of one message",
    "One message to one recipient, from the handler's entry to its return, in a warm environment; the outcome is in "
    f"the table by then. RealTime takes {_PROVIDER * 1000:.0f} ms. The median of 25, taken in turns with each store. "
    "The bound allows a quarter of a round trip for what timers add.",
    measure,
)
