"""Counts while somebody types: the API's own preview, also while the rest of the form is not finished."""

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from local.console.api import Reply

_NOBODY = "+56900000000"  # stands in where no recipient can be read yet; its policy is that of its country
_ANY_SENDER = "0"
_ANY_TEXT = "-"
_PATH = "/messages/preview"


class Previewer(Protocol):
    """Something that takes a POST as the API does."""

    def post(self, path: str, body: object) -> Reply:
        """Post a JSON value."""


def preview(api: Previewer, request: Mapping[str, Any]) -> dict[str, Any]:
    """Give the preview of a request, None while there is no text or none that can be counted, and all that is wrong.

    What is wrong with the rest does not keep the text from being counted; a text that may not be sent under its policy
    is shown as it would be under `auto`, so that what the policy refuses can be pointed at.
    """
    text = request.get("message", {}).get("text")
    reply = api.post(_PATH, {**request, "message": {"text": text or _ANY_TEXT}})
    if not text or reply.status != HTTPStatus.UNPROCESSABLE_CONTENT:
        return {"preview": reply.body if text and _good(reply) else None, "errors": _errors(reply)}
    errors = _errors(reply)
    counted = _counted(request, errors)
    for encoding in (request.get("encoding"), "auto"):
        reply = api.post(_PATH, {**counted, "encoding": encoding})
        if _good(reply):
            break
        errors += [error for error in _errors(reply) if error not in errors]
    return {"preview": reply.body if _good(reply) else None, "errors": errors}


def _counted(request: Mapping[str, Any], errors: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """Keep what the count depends on: the text, and the recipients that can be read."""
    wrong = {error.get("pointer") for error in errors}
    written = request.get("recipients")
    entries = written if isinstance(written, list) and "/recipients" not in wrong else []
    good = [entry for index, entry in enumerate(entries) if f"/recipients/{index}" not in wrong]
    return {"recipients": good or [_NOBODY], "sender": _ANY_SENDER, "message": request["message"]}


def _good(reply: Reply) -> bool:
    return reply.status == HTTPStatus.OK


def _errors(reply: Reply) -> list[dict[str, str]]:
    if _good(reply):
        return []
    errors: list[dict[str, str]] = reply.body.get("errors") or [{"detail": reply.body.get("detail", "no answer")}]
    return errors
