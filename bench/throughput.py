"""How many SMS a second one environment sends, and what one slow call does to the others."""

from functools import partial
from statistics import median

from bench.harness import Run, Setup, interleaved
from bench.report import Goal, Result, Table
from bench.stub import Stub, stub

_IN_FLIGHT = 50
_LATENCIES = (0.05, 0.2, 1.0)  # seconds
_SECONDS = 3.0  # that a sample lasts, about


def measure(setup: Setup) -> Result:
    """Send one campaign at each latency, and one with a slow call in it."""
    goals, rows, figures = [], [], {}
    with stub() as server, setup.process(server.url, CALLS_IN_FLIGHT=str(_IN_FLIGHT)) as send:
        send("invoke", "send.handler", 1, 1, _IN_FLIGHT)
        for latency in _LATENCIES[: setup.size(len(_LATENCIES), 1)]:
            server.behave(provider=latency)
            ideal, name = _IN_FLIGHT / latency, f"throughput at {latency * 1000:,.0f} ms"
            sms = min(1000, max(100, round(ideal * _SECONDS)))
            samples = [send("invoke", "send.handler", 1, 1, sms) for _ in range(setup.rounds(3))]
            reached = median(sms / sample["wall"] for sample in samples)
            core = sms / median(sample["cpu"] for sample in samples)
            busy = f"{median(sample['cpu'] / sample['wall'] for sample in samples):.0%}"
            unit = "of what one core can send" if core < ideal else "of calls in flight ÷ latency"
            goals.append(Goal(name, reached / min(ideal, core), 0.9, "least", unit, f"{busy} of one core was busy."))
            rows.append([f"{latency * 1000:,.0f} ms", f"{ideal:,.0f}", f"{core:,.0f}", f"{reached:,.0f}", busy])
            figures[f"{name}, SMS/s"] = reached
        name, held_up = "one slow call holds up the others", _held_up(server, send, setup)
    goals.append(Goal(name, held_up, 1.1, "most", "times the time without it"))
    columns = ["RealTime's latency", "ideal, SMS/s", "one core at most, SMS/s", "reached, SMS/s", "CPU of one core"]
    return Result(goals, [Table(columns, rows)], figures | {f"{name}, times": held_up})


def _held_up(server: Stub, send: Run, setup: Setup) -> float:
    """Let one call take far longer than the others, and return how much later the last of those begins."""

    def last_begins(slow_call: int) -> float:
        server.behave(provider=0.1, slow_call=slow_call, slow_seconds=3)
        send("invoke", "send.handler", 1, 2, setup.size(750, 60))
        arrivals = server.seen().arrivals
        return arrivals[-1] - arrivals[0]

    found = interleaved({slow: partial(last_begins, slow) for slow in (0, _IN_FLIGHT + 1)}, setup.rounds(3))
    return found[_IN_FLIGHT + 1] / found[0]
