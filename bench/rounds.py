"""Measuring side by side: every case once a round, in an order drawn anew, and the median over the rounds."""

import random
import time
from collections.abc import Callable, Mapping
from statistics import median

SEED = 5
_SAMPLE_NS = 4_000_000  # how long one sample of a short call lasts, about


def interleaved[K](cases: Mapping[K, Callable[[], float]], rounds: int) -> dict[K, float]:
    """Give the median of what each case returns."""
    order, chance = list(cases), random.Random(SEED)
    found: dict[K, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        chance.shuffle(order)
        for name in order:
            found[name].append(cases[name]())
    return {name: median(values) for name, values in found.items()}


def cpu_ns(act: Callable[[str], object], texts: list[str], sample_ns: int = _SAMPLE_NS) -> Callable[[], float]:
    """Make a case of a short call: its CPU nanoseconds a text, over a sample of many."""
    loops = max(1, int(sample_ns / max(1, _ns(act, texts, 1))))

    def case() -> float:
        return _ns(act, texts, loops) / loops / len(texts)

    return case


def _ns(act: Callable[[str], object], texts: list[str], loops: int) -> int:
    start = time.thread_time_ns()
    for _ in range(loops):
        for text in texts:
            act(text)
    return time.thread_time_ns() - start
