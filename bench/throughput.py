"""How many SMS a second one environment sends, and what one slow call does to the others."""

from statistics import median

from bench import workloads
from bench.environment import Run, environment, numbers, process
from bench.part import Goal, Part, Result, Table
from bench.stub import Stub

_IN_FLIGHT = 50
_LATENCIES = (0.05, 0.2, 1.0)  # seconds
_SECONDS = 3.0  # that a sample lasts, about
_SLOW = 3.0  # seconds of the one slow call
_WHY = "CPU binds: {cpu:.0%} of one core went into it, and Python runs on one."


def measure(*, quick: bool) -> Result:
    """Send one campaign at each latency, and one with a slow call in it."""
    rounds = 1 if quick else 3
    goals, rows, numbers_ = [], [], {}
    with Stub() as stub, process(environment(stub.url, CALLS_IN_FLIGHT=str(_IN_FLIGHT))) as send:
        send(workloads.timed, numbers(1, 50))
        for latency in _LATENCIES[:1] if quick else _LATENCIES:
            stub.behave(provider=latency)
            ideal = _IN_FLIGHT / latency
            sms = min(1000, max(100, round(ideal * _SECONDS)))
            samples = [send(workloads.timed, numbers(1, sms)) for _ in range(rounds)]
            reached = median(sms / sample["seconds"] for sample in samples)
            busy = median(sample["cpu"] / sample["seconds"] for sample in samples)
            name = f"throughput at {latency * 1000:,.0f} ms"
            unit = "of calls in flight ÷ latency"
            goals.append(Goal(name, reached / ideal, 0.9, "least", unit, _WHY.format(cpu=busy)))
            rows.append([f"{latency * 1000:,.0f} ms", f"{ideal:,.0f}", f"{reached:,.0f}", f"{busy:.0%}"])
            numbers_[f"{latency * 1000:,.0f} ms"] = {"ideal": ideal, "reached": reached}
        held_up, tail = _tail(stub, send, 100 if quick else 500, rounds)
    goals.append(Goal("one slow call holds up the others", held_up, 1.1, "most", "times the time without it"))
    columns = ["RealTime's latency", "ideal, SMS/s", "reached, SMS/s", "CPU of one core"]
    tables = [Table("One environment, 50 calls in flight", columns, rows), tail]
    return Result(goals, tables, {"reached": numbers_})


def _tail(stub: Stub, send: Run, sms: int, rounds: int) -> tuple[float, Table]:
    """Let one call of many take far longer, and see when the last of the others arrived at RealTime."""
    told = numbers(1, sms)

    def spans(slow: dict[str, float]) -> tuple[float, float]:
        stub.behave(provider=0.1, slow=slow)
        sample = send(workloads.timed, told)
        arrivals, _ = stub.look()
        return max(arrivals) - min(arrivals), sample["seconds"]

    samples = [(spans({}), spans({told[sms // 10]: _SLOW})) for _ in range(rounds)]
    without, with_one = ([median(found[which][part] for found in samples) for part in (0, 1)] for which in (0, 1))
    rows = [
        ["none", f"{without[0]:.2f}", f"{without[1]:.2f}"],
        [f"one of {sms} takes {_SLOW:.0f} s", f"{with_one[0]:.2f}", f"{with_one[1]:.2f}"],
    ]
    columns = ["slow calls", "until the last call was begun, s", "until the handler returned, s"]
    note = "RealTime takes 100 ms. The slow call comes early, and keeps one of 50 places; the others are not to notice."
    return with_one[0] / without[0], Table("The tail", columns, rows, note)


PART = Part(
    "throughput",
    "Throughput of one environment",
    "One campaign a sample, the median of three, by the wall clock, beside the same stub. A sample holds all of the "
    "handler's time: the first calls begin when the first claims are written, and it ends when the outcomes of the "
    "last calls are.",
    measure,
)
