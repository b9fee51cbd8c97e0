"""How many SMS a second one environment sends, and what one slow call does to the others."""

from heapq import heapreplace
from statistics import median

from bench import workloads
from bench.environment import Run, environment, numbers, process
from bench.part import Goal, Part, Result, Table
from bench.stub import Stub

_IN_FLIGHT = 50
_LATENCIES = (0.05, 0.2, 1.0)  # seconds
_SECONDS = 3.0  # that a sample lasts, about
_SLOW = 3.0  # seconds of the one slow call
_LATENCY = 0.1  # seconds of the other calls beside it
_TAIL = 1500  # SMS: as many as 50 places send in about the time of the slow call, which so keeps its place to the end
_TAIL_NOTE = (
    f"RealTime takes {_LATENCY * 1000:.0f} ms. The slow call is the first that begins when another has ended, and "
    "lasts about as long as all the others take together. *Perfect* is computed: each of the 50 places begins another "
    "call as soon as its own is over, and a claim, an outcome and the CPU cost no time."
)
_NOTE = (
    "*Ideal* is calls in flight ÷ latency. Python runs on one core, which sends no more than one second ÷ the CPU of "
    "an SMS, as measured in the same sample; where that is less, CPU binds, and the goal is taken from it."
)
_WHY = "{busy:.0%} of one core went into it, and an SMS took {cpu:,.0f} µs of CPU."


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
            cpu = median(sample["cpu"] / sms for sample in samples)
            why = _WHY.format(busy=busy, cpu=cpu * 1e6)
            name = f"throughput at {latency * 1000:,.0f} ms"
            unit = "of what one core can send" if 1 / cpu < ideal else "of calls in flight ÷ latency"
            goals.append(Goal(name, reached / min(ideal, 1 / cpu), 0.9, "least", unit, why))
            cells = [f"{each:,.0f}" for each in (ideal, 1 / cpu, reached)]
            rows.append([f"{latency * 1000:,.0f} ms", *cells, f"{busy:.0%}"])
            numbers_[f"{latency * 1000:,.0f} ms"] = {"ideal": ideal, "core": 1 / cpu, "reached": reached}
        held_up, tail = _tail(stub, send, 100 if quick else _TAIL, rounds)
    goals.append(held_up)
    columns = ["RealTime's latency", "ideal, SMS/s", "one core at most, SMS/s", "reached, SMS/s", "CPU of one core"]
    tables = [Table("One environment, 50 calls in flight", columns, rows, _NOTE), tail]
    return Result(goals, tables, {"reached": numbers_})


def _tail(stub: Stub, send: Run, sms: int, rounds: int) -> tuple[Goal, Table]:
    """Let one call of many take far longer, and see when the last of the others arrived at RealTime."""
    told = numbers(1, sms)

    def sample(slow: dict[str, float]) -> tuple[float, float]:
        stub.behave(provider=_LATENCY, slow=slow)
        found = send(workloads.timed, told)
        arrivals, _ = stub.look()
        return max(arrivals) - min(arrivals), found["seconds"]

    samples = [(sample({}), sample({told[_IN_FLIGHT]: _SLOW})) for _ in range(rounds)]
    without, with_one = ([median(each) for each in zip(*some, strict=True)] for some in zip(*samples, strict=True))
    perfect = _perfect(sms, slow=None), _perfect(sms, slow=_IN_FLIGHT)
    why = f"A perfect scheduler would come to {perfect[1] / perfect[0]:.3f}."
    held_up = with_one[0] / without[0]
    goal = Goal("one slow call holds up the others", held_up, 1.1, "most", "times the time without it", why)
    names = ("none", f"one of {sms:,} takes {_SLOW:.0f} s")
    rows = [
        [name, f"{best:.2f}", f"{begun:.2f}", f"{returned:.2f}"]
        for name, best, (begun, returned) in zip(names, perfect, (without, with_one), strict=True)
    ]
    columns = ["slow calls", "perfect, s", "until the last call was begun, s", "until the handler returned, s"]
    return goal, Table("The tail", columns, rows, _TAIL_NOTE)


def _perfect(sms: int, slow: int | None) -> float:
    """Say after how many seconds the last call begins if each place begins another as soon as its call is over."""
    free = [0.0] * _IN_FLIGHT
    for call in range(sms - 1):
        heapreplace(free, free[0] + (_SLOW if call == slow else _LATENCY))
    return free[0]


PART = Part(
    "throughput",
    "Throughput of one environment",
    "One campaign a sample, and two for the tail, the median of three, by the wall clock, beside the same stub. A "
    "sample holds all of the handler's time: the first calls begin when the first claims are written, and it ends when "
    "the outcomes of the last calls are.",
    measure,
)
