"""What an SMS costs: calls counted at the wire, and their price, for three shapes of load."""

import tempfile
from pathlib import Path

from bench.harness import Setup
from bench.report import Goal, Result, Table
from bench.stub import stub

_SHAPES = {  # messages of an event, and recipients of each
    "single codes, one an event": (1, 1),
    "steady alerts, four an event": (4, 1),
    "a campaign, 1,000 recipients a request": (1, 1000),
}
# What a million SMS cost for each of what one SMS uses, in USD: list prices of us-east-1 of 2025, x86, no free tiers.
_PRICES = {
    "writes": 0.625,
    "index writes": 0.625,
    "reads": 0.125,
    "queue calls": 0.40,
    "invocations": 0.20,
    "GB-seconds": 16.6667,
    "KB of logs": 0.50,
}
INDEX_WRITES = 4  # of an SMS before its report, by the items and the template: tests/docs/test_limits.py
GIGABYTES = 0.375  # of the send function, by the template; the consumer is shown with 1 GB, and with as much


def measure(setup: Setup) -> Result:
    """Count ours and the consumer's for every shape."""
    names = list(_SHAPES)[: setup.size(len(_SHAPES), 1)]
    ours = {name: _use(setup, name, "send.handler", INDEX_WRITES) for name in names}
    theirs = {name: _use(setup, name, "bench.consumer", 0) for name in names}
    cases = {(name, "ours"): _with_memory(ours[name], GIGABYTES) for name in names}
    cases |= {
        (name, f"consumer, {gigabytes:g} GB"): _with_memory(theirs[name], gigabytes)
        for name in names
        for gigabytes in (1, GIGABYTES)
    }
    dollars = {case: sum(price * use[name] for name, price in _PRICES.items()) for case, use in cases.items()}
    rows = [
        [*case, *(f"{use[name]:.3g}" for name in _PRICES), f"{dollars[case]:.2f}"]
        for case, use in sorted(cases.items(), key=lambda one: names.index(one[0][0]))
    ]
    rows.append(["price of a million, USD", "", *(f"{price:g}" for price in _PRICES.values()), ""])
    return Result(
        [
            Goal(
                "writes an SMS, the most of all loads", max(use["writes"] for use in ours.values()), 2, "most", "writes"
            ),
            _goal(dollars, names),
        ],
        [Table(["an SMS uses", "", *_PRICES, "USD a million"], rows)],
        {f"USD a million, {name}": price for (name, who), price in dollars.items() if who == "ours"},
    )


def _with_memory(use: dict[str, float], gigabytes: float) -> dict[str, float]:
    """Return what an SMS uses with this memory; time is the same, because nearly all of it is waiting."""
    return use | {"GB-seconds": use["seconds"] * gigabytes}


def _goal(dollars: dict[tuple[str, str], float], names: list[str]) -> Goal:
    """Return the goal that ours costs no more than the consumer with 1 GB, at the load where it is worst."""
    ratios = {name: dollars[name, "ours"] / dollars[name, "consumer, 1 GB"] for name in names}
    worst = max(ratios, key=ratios.__getitem__)
    return Goal(f"price, against the consumer: {worst}", ratios[worst], 1, "most", "times the consumer's")


def _use(setup: Setup, shape: str, module: str, index_writes: int) -> dict[str, float]:
    """Return what an SMS uses; the consumer, which sends to one after the other, is measured on a part of a request."""
    messages, recipients = _SHAPES[shape]
    sampled = recipients if module == "send.handler" else min(recipients, 20)
    events = setup.size(max(3, 20 // recipients), 2)
    with tempfile.NamedTemporaryFile() as log, stub() as server, setup.process(server.url, BENCH_LOG=log.name) as run:
        run("invoke", module, 1, messages, sampled)
        server.behave(provider=0.2, store=0.008)
        before = Path(log.name).stat().st_size
        wall = run("invoke", module, events, messages, sampled)["wall"]
        seen, logged = server.seen(), Path(log.name).stat().st_size - before
    sms, event = events * messages * sampled, messages * recipients
    return {
        "writes": sum(seen.counts[action] for action in ("statements", "PutItem", "UpdateItem")) / sms,
        "index writes": index_writes,
        "reads": seen.counts["keys"] / sms,
        "queue calls": 1 / recipients + 2 / event,  # SendMessage of a message; receipt and deletion of an event
        "invocations": 1 / event,
        "seconds": wall / sms,
        "KB of logs": logged / 1000 / sms,
    }
