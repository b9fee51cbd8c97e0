"""A killed run continues where it stopped: nothing is left out, and only calls in flight are published again.

Real processes, ended by SIGKILL at moments that a seed chose, against a queue on loopback.
"""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.fakes import IMPORTS, PARAMETERS
from tests.fakes.aws.sqs_server import SqsServer, sqs_server

ROWS, AT_ONCE, BATCH = 600, 4, 10
KILLS = 2


@pytest.fixture
def sqs() -> Iterator[SqsServer]:
    """Run a queue."""
    with sqs_server(PARAMETERS) as queue:
        yield queue


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """Write a sheet of many rows."""
    file = tmp_path / "clientes.csv"
    rows = [f"+569{row:08},Ñandú {row}" for row in range(ROWS)]
    file.write_text("\n".join(["numero,nombre", *rows]), encoding="utf-8")
    return file


def _start(sqs: SqsServer, sheet: Path) -> subprocess.Popen[str]:
    options = ["--template", "Hola {{nombre}}", "--yes", "--json", "--at-once", str(AT_ONCE), "--stack", "sms"]
    return subprocess.Popen(
        [sys.executable, "-m", "rtsms", "bulk", str(sheet), *options],
        env={**os.environ, **sqs.environment, "PYTHONPATH": IMPORTS},
        stdout=subprocess.PIPE,
        text=True,
    )


def _acknowledged(sheet: Path) -> Counter[int]:
    """Read the journal as a person would."""
    journal = sheet.with_name(f"{sheet.name}.journal")
    lines = journal.read_text(encoding="ascii").rpartition("\n")[0].splitlines()[1:] if journal.exists() else []
    ranges = [map(int, written.split("-")) for line in lines for written in line.split(",")]
    return Counter(row for first, last in ranges for row in range(first, last + 1))


def _kill(process: subprocess.Popen[str], when: str, batch: int) -> Callable[[str, int], None]:
    def hook(moment: str, number: int) -> None:
        if moment == when and number >= batch and process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)

    return hook


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_run_continues_where_it_stopped(sqs: SqsServer, sheet: Path, seed: int) -> None:
    """Rows of the journal are not published again; calls in flight are, with the same ids and texts."""
    chance = random.Random(seed)
    for _ in range(KILLS):
        before = sqs.batches
        told, published = _acknowledged(sheet), sqs.published.total()
        moment, batch = chance.choice(["before", "taken", "answered"]), before + chance.randint(1, 20)
        process = _start(sqs, sheet)
        sqs.hook = _kill(process, moment, batch)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert set(_acknowledged(sheet)) >= set(told)
        assert sqs.published.total() - published <= (batch - before + AT_ONCE) * BATCH
    sqs.hook = lambda _moment, _batch: None
    before_last = _acknowledged(sheet)
    last = _start(sqs, sheet)
    out, _ = last.communicate()
    assert last.returncode == 0
    *_, answer = map(json.loads, out.splitlines())
    assert (answer["published"], answer["before"]) == (ROWS - len(before_last), len(before_last))
    assert len(sqs.published) == len(sqs.bodies) == ROWS, "left out, or not the same words"
    doubled = sum(count - 1 for count in sqs.published.values())
    assert doubled <= KILLS * AT_ONCE * BATCH
    assert _acknowledged(sheet) == Counter(range(ROWS)), "published again although the journal had it"
