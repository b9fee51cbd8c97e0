"""The command `rtsms` against the deployed stack, as an operator uses it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.stack.running import STACK_NAME
from rtsms.campaign import request_id as row_id
from tests.cli.fakes import Ran, run
from tests.cli.test_killed import IMPORTS
from tests.stack.deployment import Deployment, request_body

pytestmark = [pytest.mark.stack, pytest.mark.xdist_group("stack")]

ROWS = 50


def _rtsms(deployed: Deployment, *arguments: str) -> Ran:
    return run(*arguments, stack=deployed.found)


def test_a_send_is_followed_to_its_end_and_shown(deployed: Deployment) -> None:
    """And repeated, it is sent to nobody a second time."""
    request_id, numbers = deployed.new_id("cli"), ("+56927000001", "+56927000002")
    options = ["--to", numbers[0], "--to", numbers[1], "--request-id", request_id, "--wait", "--json"]
    for _ in range(2):
        ran = _rtsms(deployed, "send", "Su código es otro", *options)
        assert ran.code == 0, ran.err
        published, *outcomes = ran.lines
        assert published["requestId"] == request_id
        assert [one["status"] for one in outcomes] == ["submitted"] * 2
    shown = _rtsms(deployed, "status", request_id, "--json", "--show-numbers").answer
    assert [(one["recipient"], one["status"]) for one in shown["recipients"]] == [(one, "submitted") for one in numbers]
    deployed.settle()
    assert [deployed.texts(number) for number in numbers] == [["Su codigo es otro"]] * 2


def test_who_opted_out_is_not_sent_to_until_taken_off_the_list(deployed: Deployment) -> None:
    """By whom the list is kept."""
    number = "+56927000003"
    assert _rtsms(deployed, "optout", "add", number).code == 0
    refused = _rtsms(deployed, "send", "hola", "--to", number, "--wait", "--json")
    assert (refused.code, refused.lines[-1]["reason"]) == (1, "opted_out")
    assert number in _rtsms(deployed, "optout", "list", "--show-numbers").out
    assert _rtsms(deployed, "optout", "remove", number).code == 0
    assert _rtsms(deployed, "send", "hola", "--to", number, "--wait").code == 0
    assert deployed.posts(number) == 1


def test_every_row_of_a_sheet_is_sent_to_once(deployed: Deployment, tmp_path: Path) -> None:
    """However often it is published."""
    campaign, sheet = deployed.new_id("bulk"), tmp_path / "clientes.csv"
    numbers = [f"+569271{row:05}" for row in range(ROWS)]
    rows = [f"{number};Ana {row}" for row, number in enumerate(numbers)]
    sheet.write_text("\n".join(["numero;nombre", *rows]), encoding="utf-8")
    for journal in ("first", "second"):
        options = ["--template", "Hola {{nombre}}", "--campaign", campaign, "--journal", str(tmp_path / journal)]
        ran = _rtsms(deployed, "bulk", str(sheet), *options, "--yes", "--json")
        assert ran.lines[-1]["published"] == ROWS, ran.err
    ends = [deployed.outcome(row_id(campaign, number))["status"] for number in numbers]
    assert ends == ["submitted"] * ROWS
    deployed.settle()
    assert [deployed.texts(number) for number in numbers] == [[f"Hola Ana {row}"] for row in range(ROWS)]


@pytest.fixture
def penniless(deployed: Deployment) -> Iterator[None]:
    """Leave nothing on the account."""
    deployed.simulator("POST", "state", {"balance": "0"})
    yield
    deployed.simulator("POST", "state", {"balance": "1000000"})


def _levels(ran: Ran) -> dict[str, Any]:
    return {one["check"]: one["level"] for one in ran.lines if "check" in one}


def test_the_doctor_finds_nothing_bad_where_all_is_well(deployed: Deployment) -> None:
    """As a process of its own, found through the environment."""
    deployed.forget_breakers()
    environment = {**os.environ, **deployed.stack.aws.environment, "RTSMS_STACK": STACK_NAME, "PYTHONPATH": IMPORTS}
    command = [sys.executable, "-m", "rtsms", "doctor"]
    ran = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    told = [line[2:].split(":")[0] for line in ran.stdout.splitlines() if line.startswith("✓")]
    wanted = [
        "stack",
        "table",
        "token",
        "credentials",
        "RealTime",
        "breakers",
        "sending",
        "queue settings",
        "queue policy",
    ]
    assert told[: len(wanted)] == wanted, ran.stdout + ran.stderr


@pytest.mark.usefixtures("penniless")
def test_the_doctor_finds_an_account_without_balance(deployed: Deployment) -> None:
    """And fails."""
    ran = _rtsms(deployed, "doctor", "--json")
    assert ran.code == 1
    assert _levels(ran)["RealTime"] == "bad"


def test_a_watch_sees_the_queue_empty(deployed: Deployment) -> None:
    """Once what was published is over."""
    deployed.settle()
    assert _rtsms(deployed, "watch", "--once", "--json").answer["queue"] == {"visible": 0, "inFlight": 0}


def test_what_is_unknown_is_sent_once_more_when_an_operator_says_so(deployed: Deployment, tmp_path: Path) -> None:
    """RealTime took it both times, which nobody could know."""
    request_id, number, published = deployed.new_id("resend"), "+56900004001", tmp_path / "request.json"
    published.write_text(request_body(request_id, number), encoding="utf-8")
    deployed.publish(published.read_text(encoding="utf-8"))
    assert deployed.outcome(request_id)["status"] == "unknown"
    before = deployed.posts(number)
    ran = _rtsms(deployed, "resend", request_id, number, "--request", str(published), "--accept-duplicate")
    assert ran.code == 0, ran.err
    deployed.settle()
    item = deployed.outcome(request_id)
    assert (item["status"], item["maybeSent"], item["attempt"]) == ("unknown", True, 2)
    assert deployed.posts(number) == before + 1
