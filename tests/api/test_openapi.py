"""The API's description: served as it is kept in docs/, and true of what the API answers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from api import description
from realtime_sms.vocabulary import Delivery
from tests.api.fakes import HELLO, Answer, FakeApi, submission
from tests.fakes.submissions import NOW

KEPT = Path(__file__).parents[2] / "docs" / "openapi.json"
DOCUMENT = description.document()


def _schema(operation: str, status: int) -> dict[str, Any]:
    """Return the schema of one reply, with all that it refers to."""
    method, path = operation.split()
    (content,) = DOCUMENT["paths"][path][method.lower()]["responses"][str(status)]["content"].values()
    return {**content["schema"], "components": DOCUMENT["components"]}


def test_the_kept_description_is_what_the_code_makes() -> None:
    """`make generated` writes it anew."""
    assert KEPT.read_text(encoding="utf-8") == description.text()


def test_the_description_is_served_with_the_address_it_was_asked_at(api: FakeApi) -> None:
    """A tool that loads it can call it."""
    reply = api.get("/openapi.json")
    assert reply.body == json.loads(json.dumps(DOCUMENT)) | {"servers": [{"url": "/v1"}]}


@pytest.mark.parametrize("name", DOCUMENT["components"]["schemas"])
def test_every_schema_is_one(name: str) -> None:
    """By the rules of JSON Schema 2020-12, which OpenAPI 3.1 uses."""
    jsonschema_rs.meta.validate(
        {"$schema": "https://json-schema.org/draft/2020-12/schema", **DOCUMENT["components"]["schemas"][name]}
    )


def _replies(api: FakeApi) -> dict[str, tuple[str, Answer]]:
    body = {"recipients": ["+56900000000", "+4915112345678"], "sender": "x", "message": {"text": "así"}}
    posted = api.post(body, key="k")
    known = submission("k", "+56900000000", api.requests.entries["k"].content_hash, submission_id="1", due_at=NOW)
    api.requests.hold(replace(known, delivery=Delivery.DELIVERED, delivery_at=NOW, cost="1", operator={"id": "7"}))
    return {
        "accepted": ("POST /messages", posted),
        "conflict": ("POST /messages", api.post(HELLO, key="k")),
        "refused": ("POST /messages", api.post({})),
        "moved over": ("POST /api/sms", api.post(body, path="/api/sms")),
        "preview": ("POST /messages/preview", api.post(body, path="/messages/preview")),
        "page": ("GET /messages/{requestId}", api.get("/messages/k", limit="1")),
        "bad limit": ("GET /messages/{requestId}", api.get("/messages/k", limit="x")),
        "not found": ("GET /messages/{requestId}", api.get("/messages/none")),
        "cancellation": ("DELETE /messages/{requestId}", api.call("DELETE", "/messages/k")),
        "nothing to cancel": ("DELETE /messages/{requestId}", api.call("DELETE", "/messages/none")),
        "submission": ("GET /submissions/{submissionId}", api.get("/submissions/1")),
        "opt-out added": ("PUT /opt-outs/{number}", api.call("PUT", "/opt-outs/+56900000000")),
        "opt-outs": ("GET /opt-outs", api.get("/opt-outs", limit="1")),
        "opt-out": ("GET /opt-outs/{number}", api.get("/opt-outs/+56900000000")),
        "no number": ("GET /opt-outs/{number}", api.get("/opt-outs/56")),
        "opt-out removed": ("DELETE /opt-outs/{number}", api.call("DELETE", "/opt-outs/+56900000000")),
        "not on the list": ("GET /opt-outs/{number}", api.get("/opt-outs/+56900000000")),
        "description": ("GET /openapi.json", api.get("/openapi.json")),
    }


@pytest.mark.parametrize("name", list(_replies(FakeApi())))
def test_a_reply_is_as_described(api: FakeApi, name: str) -> None:
    """Every member is named in the description, and none is missing."""
    operation, reply = _replies(api)[name]
    jsonschema_rs.Draft202012Validator(_schema(operation, reply.status), validate_formats=True).validate(reply.body)
