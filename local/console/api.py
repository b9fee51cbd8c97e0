"""The stack's own API as a caller uses it, signed for `execute-api`; and the preview while the form is not complete."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import quote, urlsplit

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from local.embedded_aws import REGION, Stack

_TIMEOUT_SECONDS: Final = 60  # the first call of a new environment takes seconds
_NOBODY: Final = "+56900000000"  # stands in for recipients that cannot be read; its policy is that of its country
_ANY_SENDER: Final = "0"
_ANY_TEXT: Final = "-"
_PREVIEW: Final = "/messages/preview"


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; the body is decoded JSON."""

    status: int
    body: Any

    @property
    def errors(self) -> list[dict[str, str]]:
        """The errors of a problem document; one without a list of them is one error."""
        if self.status == HTTPStatus.OK:
            return []
        errors: list[dict[str, str]] = self.body.get("errors") or [{"detail": self.body.get("detail", "no answer")}]
        return errors


def post(stack: Stack, path: str, body: object) -> Reply:
    """Post JSON to the API; return as `call` does."""
    return call(stack, "POST", path, json.dumps(body).encode())


def cancel(stack: Stack, request_id: str) -> Reply:
    """Cancel a request by the API; return as `call` does."""
    return call(stack, "DELETE", f"/messages/{quote(request_id, safe='')}")


def call(stack: Stack, method: str, path: str, content: bytes = b"") -> Reply:
    """Call the API as the account's root user; if nothing answers, return a problem document."""
    url, keys = stack.api_url + path, stack.aws.environment
    headers = {"Content-Type": "application/json", "Host": urlsplit(url).netloc}
    signed = AWSRequest(method, url, headers=headers, data=content)
    credentials = Credentials(keys["AWS_ACCESS_KEY_ID"], keys["AWS_SECRET_ACCESS_KEY"])
    SigV4Auth(credentials, "execute-api", REGION).add_auth(signed)
    headers = dict(signed.headers.items())
    try:
        reply = urllib3.request(method, url, body=content, headers=headers, timeout=_TIMEOUT_SECONDS, retries=False)
        return Reply(reply.status, reply.json())
    except (urllib3.exceptions.HTTPError, ValueError) as error:
        detail = f"the embedded AWS gave no answer ({type(error).__name__}); is `make local` still running?"
        return Reply(HTTPStatus.BAD_GATEWAY, {"title": HTTPStatus.BAD_GATEWAY.phrase, "detail": detail})


def preview(ask: Callable[[str, object], Reply], request: Mapping[str, Any]) -> dict[str, Any]:
    """Ask the API for the preview of a request; return it and all errors. It is None while there is no text to count.

    Errors elsewhere do not keep the text from being counted. A text that its policy refuses is counted under `auto`,
    so that the page can mark what the policy refuses.
    """
    text = request.get("message", {}).get("text")
    reply = ask(_PREVIEW, {**request, "message": {"text": text or _ANY_TEXT}})
    errors = reply.errors
    if text and reply.status == HTTPStatus.UNPROCESSABLE_CONTENT:
        counted = _counted(request, errors)
        for encoding in (request.get("encoding"), "auto"):
            reply = ask(_PREVIEW, {**counted, "encoding": encoding})
            if not reply.errors:
                break
            errors += [error for error in reply.errors if error not in errors]
    return {"preview": reply.body if text and not reply.errors else None, "errors": errors}


def _counted(request: Mapping[str, Any], errors: Iterable[Mapping[str, str]]) -> dict[str, Any]:
    """Return a request with only what the count depends on: the text and the valid recipients."""
    wrong = {error.get("pointer") for error in errors}
    written = request.get("recipients")
    entries = written if isinstance(written, list) and "/recipients" not in wrong else []
    good = [entry for index, entry in enumerate(entries) if f"/recipients/{index}" not in wrong]
    return {"recipients": good or [_NOBODY], "sender": _ANY_SENDER, "message": request["message"]}
