"""The pages on requests and outcomes list what the code has: each status, reason, reply, field and call of the API."""

import json
import re
from typing import Any

import pytest

from local import ROOT
from realtime_sms.provider.calls import Reply
from realtime_sms.provider.verdict import Kind, Verdict, classify
from realtime_sms.vocabulary import Delivery, DeliveryReason, Reason, Status

OUTCOMES = (ROOT / "docs" / "outcomes.md").read_text(encoding="utf-8")
SENDING = (ROOT / "docs" / "sending.md").read_text(encoding="utf-8")
OF_A_MESSAGE = {Reason.UNREADABLE, Reason.INVALID_REQUEST, Reason.CONFLICT}


def section(page: str, heading: str) -> str:
    """Return what the page has under a heading, up to the next one of any level."""
    (found,) = re.findall(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", page, re.MULTILINE | re.DOTALL)
    return str(found)


def rows(text: str) -> dict[str, str]:
    """Return the rows of the tables by each name in code in their first column."""
    found = re.findall(r"^\| (`.+?) \| (.+) \|$", text, re.MULTILINE)
    return {name: rest for names, rest in found for name in re.findall(r"`([^`]+)`", names)}


def schema(name: str) -> dict[str, Any]:
    """Return a generated JSON document."""
    document: dict[str, Any] = json.loads((ROOT / "docs" / name).read_text(encoding="utf-8"))
    return document


def test_every_status_has_its_row() -> None:
    """And no other."""
    assert rows(section(OUTCOMES, "Statuses")).keys() == set(Status)


def test_every_reason_has_its_row_or_belongs_to_a_whole_message() -> None:
    """The page has no other."""
    text = section(OUTCOMES, "Reasons")
    assert rows(text).keys() == set(Reason) - OF_A_MESSAGE
    (last,) = re.findall(r"^Three reasons belong to a whole message.*?:\s(.+?)\.$", text, re.MULTILINE | re.DOTALL)
    assert set(re.findall(r"`(\w+)`", last)) == OF_A_MESSAGE


def verdict_of(status: int) -> Verdict:
    """Return what a reply with this HTTP status proves."""
    (verdict,) = classify(Reply(status, b""), 1)
    return verdict


KNOWN = [status for status in range(201, 600) if verdict_of(status).reason is not Reason.AMBIGUOUS_HTTP_STATUS]


@pytest.mark.parametrize("status", [*KNOWN, 502, 504])
def test_a_reply_leads_to_the_reason_that_names_it(status: int) -> None:
    """The row of the reason that the code gives for an HTTP status has that status, and its outcome."""
    verdict = verdict_of(status)
    row = rows(section(OUTCOMES, "Reasons"))[verdict.reason]
    assert re.search(rf"\b{status}\b", row)
    ends = {Kind.REFUSED: Status.FAILED, Kind.DOUBTFUL: Status.FAILED, Kind.OPEN: Status.UNKNOWN}
    assert row.startswith(f"`{ends.get(verdict.kind, Status.WAITING)}`")


def test_delivery_states_are_listed_from_lowest_to_highest() -> None:
    """With their reasons."""
    listed = re.findall(r"^\| \d.*? \| `(\w+)`(?:, with `(\w+)`)? \|$", section(OUTCOMES, "Delivery"), re.MULTILINE)
    assert [state for state, _ in listed] == list(Delivery)
    assert {reason for _, reason in listed if reason} == set(DeliveryReason)


def test_every_field_of_a_request_has_its_row() -> None:
    """Those of the schema, and no other."""
    document = schema("send-request.schema.json")
    (message,) = (one for name, one in document["$defs"].items() if name.endswith("Message"))
    fields = {*document["properties"], *(f"message.{name}" for name in message["properties"])} - {"message"}
    assert rows(section(SENDING, "The request")).keys() == fields


def test_every_call_of_the_api_has_its_row() -> None:
    """Those of the API's description, and no other; the calls on opt-outs are on the other page."""
    described = {
        f"{method.upper()} {path}" for path, item in schema("openapi.json")["paths"].items() for method in item
    }
    listed = {*rows(section(SENDING, "HTTP")), *rows(section(OUTCOMES, "Opt-outs"))}
    assert described == {one for one in listed if " " in one}
