"""What every part needs: the functions' environment, a process that runs them, and rounds in which cases take turns."""

import json
import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
SEED = 5
_FEWER = 5  # times fewer rounds, where the caller repeats the whole part

type Run = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Setup:
    """The checkout whose functions are measured, and how thoroughly.

    `quick` shows that a part runs, not how fast the code is. `fewer` is for a caller who repeats the whole part.
    """

    code: Path = ROOT
    quick: bool = False
    fewer: bool = False

    def rounds(self, usual: int) -> int:
        return 1 if self.quick else max(1, usual // _FEWER) if self.fewer else usual

    def size(self, usual: int, least: int) -> int:
        return least if self.quick else usual

    def environment(self, url: str, **variables: str) -> dict[str, str]:
        """Return the environment in which functions see the stub at `url` as all of AWS and as RealTime."""
        paths = (self.code / "functions", self.code / "layers" / "realtime-sms", ROOT)
        set_by_the_template = Path(__file__).with_name("functions.env").read_text(encoding="utf-8").split()
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "AWS_ENDPOINT_URL": url,
            "REALTIME_BASE_URL": url,
            "SEND_QUEUE_URL": f"{url}/send",
            "PROMOTIONAL_QUEUE_URL": f"{url}/promotional",
            "DEAD_LETTER_QUEUE_URL": f"{url}/dead",
            **dict(line.split("=", 1) for line in set_by_the_template),
            **variables,
        }

    @contextmanager
    def process(self, url: str, **variables: str) -> Iterator[Run]:
        """Yield what runs a workload of `bench.worker`, by name, in another process, and returns its figures."""
        with subprocess.Popen(
            [sys.executable, "-m", "bench.worker"],
            env=self.environment(url, **variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            asked, answers = process.stdin, process.stdout

            def run(workload: str, *given: object) -> Any:  # noqa: ANN401 (each workload has figures of its own)
                asked.write(json.dumps([workload, *given]) + "\n")
                asked.flush()
                if not (answer := answers.readline()):
                    raise RuntimeError(f"{workload} failed; its process has written why")
                return json.loads(answer)

            yield run


def interleaved[K](cases: Mapping[K, Callable[[], float]], rounds: int) -> dict[K, float]:
    """Run every case once a round, in an order drawn anew, and return the median of each."""
    order, chance = list(cases), random.Random(SEED)
    found: dict[K, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        chance.shuffle(order)
        for name in order:
            found[name].append(cases[name]())
    return {name: median(values) for name, values in found.items() if values}
