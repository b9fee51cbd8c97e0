import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from local.fake_realtime import Simulator
from tests.local.fake_realtime.caller import Caller

ROOT = Path(__file__).parents[3]
PATH = os.pathsep.join(map(str, (ROOT, ROOT / "layers/realtime-sms")))


@contextmanager
def process(*options: str) -> Iterator[subprocess.Popen[str]]:
    """Run the simulator as a process for as long as the block lasts."""
    command = [sys.executable, "-m", "local.fake_realtime", "--until-stdin-ends", *options]
    environment = os.environ | {"PYTHONPATH": PATH}
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, env=environment, stdin=pipe, stdout=pipe, stderr=pipe) as running:
        yield running


def address_of(running: subprocess.Popen[str]) -> dict[str, Any]:
    """Read the one line that the process prints."""
    assert running.stdout is not None
    address: dict[str, Any] = json.loads(running.stdout.readline())
    return address


def test_a_process_tells_its_address_and_serves() -> None:
    """One JSON line, then calls; the settings come as JSON; the end of standard input ends it."""
    with process("--settings", '{"tokens": ["local-token"], "balance": "1.00"}') as running:
        address = address_of(running)
        assert address["url"] == f"http://127.0.0.1:{address['port']}"
        caller = Caller(address["port"])
        assert [caller.send().words for _ in range(2)] == [["submitted"], ["account_no_balance"]]
        rest, errors = running.communicate(timeout=30)
    assert (running.returncode, rest, errors) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_process_in_order(number: signal.Signals) -> None:
    """It stops listening and exits 0, as a stack that is shut down wants."""
    with process() as running:
        address = address_of(running)
        running.send_signal(number)
        assert running.wait(timeout=30) == 0
    with pytest.raises(ConnectionRefusedError):
        Caller(address["port"]).send()


def test_a_port_that_is_taken_is_an_error(simulator: Simulator) -> None:
    """Two simulators cannot share an address, and the second one says so."""
    with pytest.raises(OSError, match="in use"), Simulator(port=simulator.port):
        pass
