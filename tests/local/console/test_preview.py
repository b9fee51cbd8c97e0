import json
from typing import Any

import pytest

from local.console.api import Reply, preview
from tests.api.fakes import FakeApi


def post(path: str, body: object) -> Reply:
    """Post as the console does: to the API's own code, on fake ports."""
    reply = FakeApi().post(json.dumps(body), path=path)
    return Reply(reply.status, reply.body)


def shown(**request: Any) -> tuple[int | None, list[str]]:  # noqa: ANN401 (a request's fields)
    """Return the segments counted, and the places of what is wrong."""
    told = preview(post, request)
    segments = told["preview"]["groups"][0]["segments"] if told["preview"] else None
    return segments, [error["pointer"] for error in told["errors"]]


TEXT = {"text": "hello"}
GOOD = {"recipients": ["+4915112345678"], "sender": "96000"}


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({**GOOD, "message": TEXT}, (1, [])),
        ({**GOOD, "message": {"text": ""}}, (None, [])),
        ({**GOOD, "recipients": [], "message": TEXT}, (1, ["/recipients"])),
        ({**GOOD, "recipients": ["12", "+4915112345678"], "message": TEXT}, (1, ["/recipients/0"])),
        ({**GOOD, "recipients": ["12"], "message": {"text": ""}}, (None, ["/recipients/0"])),
        ({**GOOD, "sender": "Añb", "message": TEXT}, (1, ["/sender"])),
        ({**GOOD, "expiresAt": "soon", "message": TEXT}, (1, ["/expiresAt"])),
        ({**GOOD, "encoding": "exact", "message": {"text": "á" * 71}}, (2, ["/message/text"])),
        ({**GOOD, "sender": "Añb", "encoding": "exact", "message": {"text": "á"}}, (1, ["/sender", "/message/text"])),
        ({**GOOD, "message": {"text": "a\u001b"}}, (None, ["/message/text"])),
        ({**GOOD, "recipients": "12", "message": TEXT}, (1, ["/recipients"])),
    ],
    ids=[
        "good",
        "no text yet",
        "no recipient",
        "one bad recipient",
        "bad recipient, no text",
        "bad sender",
        "bad time",
        "exact refuses",
        "two at once",
        "no SMS at all",
        "no list",
    ],
)
def test_the_text_is_counted_whatever_else_is_wrong(
    request_: dict[str, Any], expected: tuple[int | None, list[str]]
) -> None:
    """And everything wrong is told with its place, once."""
    assert shown(**request_) == expected


def test_the_policy_is_that_of_the_recipients_that_can_be_read() -> None:
    """A bad entry among them does not change how the others' text is encoded."""
    request = {"recipients": ["12", "+56912345678"], "sender": "96000", "message": {"text": "código"}}
    (group,) = preview(post, request)["preview"]["groups"]
    assert (group["policy"], group["text"]) == ("plain", "codigo")


def test_an_api_that_does_not_answer_is_told() -> None:
    """The page shows it at the form."""

    def silent(path: str, body: object) -> Reply:
        return Reply(502, {"detail": f"no answer from {path} to {type(body).__name__}"})

    assert preview(silent, {**GOOD, "message": TEXT}) == {
        "preview": None,
        "errors": [{"detail": "no answer from /messages/preview to dict"}],
    }
