"""Clients written the way the vendor's page shows, each a process of its own, with only the address changed."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from local.fake_realtime import Settings, Simulator

CLIENTS = Path(__file__).parent / "clients"


def _where(program: str) -> pytest.MarkDecorator:
    """Run a client only where its program is: the tests ask for no more than Python and make."""
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@pytest.mark.parametrize(
    "command",
    [
        pytest.param([sys.executable, CLIENTS / "sample.py"], id="Python"),
        pytest.param(["node", CLIENTS / "sample.mjs"], id="Node.js", marks=_where("node")),
        pytest.param(["sh", CLIENTS / "sample.sh"], id="curl", marks=_where("curl")),
    ],
)
def test_a_bare_client_gets_what_the_vendors_page_prints(command: list[str | Path]) -> None:
    """One submission, submitted, with an id of digits: whatever library speaks."""
    settings = Settings(tokens=frozenset({"***** Hidden credentials *****"}))
    with Simulator(settings) as simulator:
        run = subprocess.run([*command, simulator.url], capture_output=True, text=True, timeout=60, check=True)
        (message,) = simulator.inbox("+56900000000")
    told = run.stdout.split()
    assert "200" in (told[0], told[-1])
    (result,) = json.loads(run.stdout[run.stdout.index("{") : run.stdout.rindex("}") + 1])["submissions"]
    assert result == {"status": "submitted", "submissionId": message.submission_id}
    assert message.submission_id.isdigit()
    assert message.text == "libizon adikestr 85f0f569cb 1287c690e0"
