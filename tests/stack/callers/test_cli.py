"""The command `rtsms` against the deployed stack, as an operator uses it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from local.embedded_aws.running import STACK_NAME
from realtime_sms.aws.breakers import Breaker
from realtime_sms.requests.prepare import Defaults
from realtime_sms.vocabulary import Reason, Status
from rtsms.bulk.mail_merge import request_id as row_id
from rtsms.resend import read_published
from tests.cli.fakes import IMPORTS, Ran, run
from tests.stack.callers.conftest import AGAIN, ENDED, Letters
from tests.stack.callers.operators import operator, permissions
from tests.stack.deployment import Deployment, left_behind, request_body, until

pytestmark = [pytest.mark.stack, pytest.mark.embedded]

ROWS = 50


def _rtsms(deployed: Deployment, *arguments: str) -> Ran:
    return run(*arguments, stack=deployed.found)


def test_a_send_is_followed_to_its_end_and_shown(deployed: Deployment) -> None:
    """Repeated, it is sent to nobody a second time."""
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
    """The list is changed with `rtsms optout`."""
    number = "+56927000003"
    assert _rtsms(deployed, "optout", "add", number).code == 0
    refused = _rtsms(deployed, "send", "hola", "--to", number, "--wait", "--json")
    assert (refused.code, refused.lines[-1]["reason"]) == (1, "opted_out")
    assert number in _rtsms(deployed, "optout", "list", "--show-numbers").out
    assert _rtsms(deployed, "optout", "remove", number).code == 0
    assert _rtsms(deployed, "send", "hola", "--to", number, "--wait").code == 0
    assert deployed.posts(number) == 1


def test_every_row_of_a_sheet_is_sent_to_once(deployed: Deployment, tmp_path: Path) -> None:
    """It is published twice."""
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


def test_a_sheet_with_a_bad_row_is_published_only_when_that_is_left_out(deployed: Deployment, tmp_path: Path) -> None:
    """A later run knows from the journal what was published."""
    sheet, number = tmp_path / "clientes.csv", "+56927300001"
    sheet.write_text(f"numero;nombre\n{number};Ana\n12;Eva\n", encoding="utf-8")
    options = [str(sheet), "--template", "Hola {{nombre}}", "--campaign", deployed.new_id("skip"), "--yes", "--json"]
    refused = _rtsms(deployed, "bulk", *options)
    assert (refused.code, [one["type"] for one in refused.lines]) == (2, ["badRow", "checked"])
    for published, before in ((1, 0), (0, 1)):
        last = _rtsms(deployed, "bulk", *options, "--skip-bad-rows").lines[-1]
        assert (last["published"], last["before"]) == (published, before)
    deployed.outcome(row_id(options[options.index("--campaign") + 1], number))
    assert deployed.posts(number) == 1


@pytest.fixture
def penniless(deployed: Deployment) -> Iterator[None]:
    """Set the account's balance to 0."""
    deployed.simulator("POST", "state", {"balance": "0"})
    yield
    deployed.simulator("POST", "state", {"balance": "1000000"})


def _levels(ran: Ran) -> dict[str, Any]:
    return {one["check"]: one["level"] for one in ran.lines if "check" in one}


def test_the_doctor_finds_nothing_bad_where_all_is_well(deployed: Deployment) -> None:
    """It runs as a process of its own and finds the stack through the environment."""
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
        *("sending", "sending"),  # of each lane
        "daily cap",
        "queue settings",
        "queue policy",
    ]
    assert told[: len(wanted)] == wanted, ran.stdout + ran.stderr


@pytest.mark.usefixtures("penniless")
def test_the_doctor_finds_an_account_without_balance(deployed: Deployment) -> None:
    """It exits with 1."""
    ran = _rtsms(deployed, "doctor", "--json")
    assert ran.code == 1
    assert _levels(ran)["RealTime"] == "bad"


def test_a_watch_sees_the_queue_empty(deployed: Deployment) -> None:
    """Every message has had its end."""
    deployed.settle()
    assert _rtsms(deployed, "watch", "--once", "--json").answer["queue"] == {"visible": 0, "inFlight": 0}


@pytest.fixture
def halted(deployed: Deployment) -> Iterator[str]:
    """Leave a submission in flight while a breaker is open; yield its request id."""
    request_id, number = deployed.new_id("watched"), "+56927300002"
    deployed.open_breaker(Breaker.AUTH)
    deployed.plant(replace(left_behind(request_id, number, Status.SENDING), lease_until=time.time() + 600))
    yield request_id
    deployed.table.delete_item(Key={"requestId": request_id, "recipient": number})
    deployed.forget_breakers()


def test_a_watch_sees_what_is_not_over_and_why(deployed: Deployment, halted: str) -> None:
    """It shows the breaker with its reason, and the request."""
    seen = _rtsms(deployed, "watch", halted, "--once", "--json").answer
    assert [(one["breaker"], one["reason"]) for one in seen["breakers"]] == [("auth", "unauthorized")]
    assert seen["states"] == {"sending": 1}
    assert seen["unfinished"] >= 1


def test_what_is_unknown_is_sent_once_more_when_an_operator_says_so(deployed: Deployment, tmp_path: Path) -> None:
    """RealTime accepted it both times, and no reply said so."""
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


def _runs(deployed: Deployment, tmp_path: Path) -> dict[str, list[list[str]]]:
    """Return for each command runs that use everything it can do."""
    number, request_id = "+56927200001", deployed.new_id("unknown")
    sheet, published = tmp_path / "clientes.csv", tmp_path / "request.json"
    sheet.write_text(f"numero\n{number}\n", encoding="utf-8")
    published.write_text(request_body(request_id, number), encoding="utf-8")
    _, prepared = read_published(published.read_text(encoding="utf-8"), request_id, Defaults())
    deployed.plant(replace(left_behind(request_id, number, Status.UNKNOWN), content_hash=prepared.content_hash))
    waiting = left_behind(f"{request_id}.waiting", "+56927200003", Status.WAITING)
    deployed.plant(
        replace(waiting, content_hash=prepared.content_hash, reason=Reason.SCHEDULED, due_at=time.time() + 86_400)
    )
    deployed.plant(replace(left_behind(f"{request_id}.over", "+56927200004", Status.FAILED), reason=Reason.EXPIRED))
    return {
        "send": [["send", "hola", "--to", number]],
        "status": [["status", request_id]],
        "bulk": [["bulk", str(sheet), "--template", "hola", "--yes"]],
        "cancel": [["cancel", f"{request_id}.waiting", "--request", str(published)]],
        "usage": [["usage", "--rate", "100000", "--json"]],
        "export": [["export", "+56927200004", "--json"]],
        "forget": [["forget", "+56927200004", "--yes", "--wait", "0", "--json"]],
        "pause": [["pause", "--lane", "promotional"]],
        "resume": [["resume", "--lane", "promotional"]],
        "watch": [["watch", request_id, "--once"]],
        "doctor": [["doctor", "--json"]],
        "optout": [["optout", what, "+56927200002"] for what in ("add", "show", "remove")]
        + [["optout", "list"], ["optout", "import", str(sheet), "--yes"], ["optout", "remove", number]],
        "resend": [["resend", request_id, number, "--request", str(published), "--accept-duplicate"]],
    }


def test_each_command_needs_the_permissions_that_its_page_lists(deployed: Deployment, tmp_path: Path) -> None:
    """Each command has its own user; `redrive` is left out because it hides the dead letters of other tests."""
    listed, runs = permissions(), _runs(deployed, tmp_path)
    assert listed.keys() == runs.keys() | {"redrive"}
    for command, several in runs.items():
        mine = operator(deployed, *listed[command])
        for arguments in several:
            ran = run(*arguments, stack=mine)
            refused = [one for one in ran.out.splitlines() if "could not be checked" in one]
            assert (ran.err, refused) == ("", []), command


def test_who_may_do_nothing_is_told_what_to_ask_for(deployed: Deployment) -> None:
    """So the test above fails without the permissions."""
    ran = run("status", "order-1", stack=operator(deployed))
    assert ran.code == 4
    assert "you are not allowed to do this (AccessDenied" in ran.err


def _redriven(deployed: Deployment, *request_ids: str) -> Mapping[str, int]:
    """Redrive until these letters are sent back, and return how many recipients of each were reopened."""
    found: dict[str, int] = {}

    def measure_current() -> Mapping[str, int] | None:
        *sent_back, _ = _rtsms(deployed, "redrive", "--reason", "dead_lettered", "--json").lines
        found.update({one["requestId"]: one["reopened"] for one in sent_back})
        return (
            {request_id: found[request_id] for request_id in request_ids} if found.keys() >= set(request_ids) else None
        )

    return until(measure_current, within=70, awaited="letters to redrive")


def test_a_letter_that_sqs_moved_gets_an_end_and_a_redrive_sends_it_once(
    deployed: Deployment, letters: Letters
) -> None:
    """Its request names no id and keeps the one it was given; a letter whose request was submitted is not sent."""
    ended = deployed.outcome(letters.ended)
    assert letters.submitted["status"] == "submitted"
    assert (ended["status"], ended["reason"]) == ("failed", "dead_lettered")
    assert deployed.posts(ENDED) == 0
    assert _redriven(deployed, letters.ended, letters.again) == {letters.ended: 1, letters.again: 0}
    until(lambda: deployed.status(letters.ended, ENDED) == "submitted" or None, within=40, awaited="a submission")
    deployed.settle()
    assert (deployed.posts(ENDED), deployed.posts(AGAIN)) == (1, 1)
    kept = deployed.outcome(letters.again)
    assert kept.pop("ttl") >= letters.submitted["ttl"]
    assert kept == {name: value for name, value in letters.submitted.items() if name != "ttl"}
