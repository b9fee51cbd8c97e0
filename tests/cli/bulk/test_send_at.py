"""`rtsms bulk --send-at`: every row is sent at the same time, later."""

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.cli.fakes import Ran, fake_stack, run


class _Sqs:
    def __init__(self) -> None:
        self.bodies: list[dict[str, Any]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: ARG002, N803 (boto3's)
        self.bodies += [json.loads(entry["MessageBody"]) for entry in Entries]
        return {"Successful": []}


@pytest.fixture
def sqs() -> _Sqs:
    """Return a queue in memory."""
    return _Sqs()


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """Write a good sheet of two rows."""
    file = tmp_path / "mayo.csv"
    file.write_text("numero\n912345678\n913333333\n", encoding="utf-8")
    return file


def _bulk(sqs: _Sqs, sheet: Path, *arguments: str) -> Ran:
    return run("bulk", str(sheet), "--template", "hola", "--sender", "1", *arguments, stack=fake_stack({"sqs": sqs}))


def test_every_row_has_the_time(sqs: _Sqs, sheet: Path) -> None:
    """As it was written."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    ran = _bulk(sqs, sheet, "--yes", "--send-at", tomorrow)
    assert ran.code == 0
    assert f"to be sent at {tomorrow}\n" in ran.out
    assert [body["sendAt"] for body in sqs.bodies] == [tomorrow] * 2
    checked, *_ = _bulk(sqs, sheet, "--dry-run", "--send-at", tomorrow, "--json").lines
    assert checked["sendAt"] == tomorrow


@pytest.mark.parametrize("way", ["--dry-run", "--yes"])
def test_nothing_is_published_for_a_time_that_is_past(sqs: _Sqs, sheet: Path, way: str) -> None:
    """The check of the file says so as well."""
    ran = _bulk(sqs, sheet, way, "--send-at", "2020-01-31T12:00:00Z")
    assert (ran.code, sqs.bodies) == (2, [])
    assert "sendAt: is past" in ran.err


def test_what_was_published_in_part_goes_on_after_its_time(
    sqs: _Sqs, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a campaign would be worse than a late one."""
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    assert _bulk(sqs, sheet, "--yes", "--send-at", tomorrow).code == 0
    journal = sheet.with_name("mayo.csv.journal")
    header, *_ = journal.read_text(encoding="utf-8").splitlines(keepends=True)
    journal.write_text(f"{header}0-0\n", encoding="utf-8")
    monkeypatch.setattr("rtsms.request.time", SimpleNamespace(time=lambda: time.time() + 2 * 86_400))
    sqs.bodies.clear()
    assert _bulk(sqs, sheet, "--yes", "--send-at", tomorrow).code == 0
    assert [body["recipients"] for body in sqs.bodies] == [["+56913333333"]]
