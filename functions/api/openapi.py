"""How operations are described in OpenAPI 3.1."""

from http import HTTPStatus
from typing import Any

from api.incoming import KEY, LARGEST
from api.paging import LARGEST_PAGE, PAGE
from realtime_sms.requests.model import REQUEST_ID
from realtime_sms.vocabulary import OptOutScope

type Json = dict[str, Any]

PARAMETERS = "x-parameters"  # of a route; the library would replace `parameters` by the arguments of its function
NUMBER_PATTERN = r"^\+[1-9][0-9]{6,14}$"
SUBMISSION_ID = r"^[!-~]{1,128}$"
REF = "#/components/schemas/{model}"
_SHARED = (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR)
UNCERTAIN = (HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
READING = (*UNCERTAIN, HTTPStatus.NOT_FOUND)
BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONTENT_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_CONTENT,
)
ACCEPTING = (*BODY, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE)
_SAID = {
    HTTPStatus.BAD_REQUEST: "the body is not JSON, or a header or parameter is not valid",
    HTTPStatus.FORBIDDEN: "not signed, or not permitted; or the API key that the deployment requires is missing",
    HTTPStatus.NOT_FOUND: "not found",
    HTTPStatus.CONFLICT: "the id was used before with other content; nothing was sent",
    HTTPStatus.CONTENT_TOO_LARGE: f"larger than {LARGEST} octets",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "not application/json in UTF-8",
    HTTPStatus.UNPROCESSABLE_CONTENT: "the request cannot be sent; `errors` lists everything that is wrong with it",
    HTTPStatus.TOO_MANY_REQUESTS: "more calls than the deployment allows; try again later",
    HTTPStatus.INTERNAL_SERVER_ERROR: "an error of the service; try again with the same key",
    HTTPStatus.SERVICE_UNAVAILABLE: "try again after `Retry-After` seconds, with the same key",
}


def _in_path(name: str, pattern: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


REQUEST = _in_path("requestId", REQUEST_ID)
SUBMISSION = _in_path("submissionId", SUBMISSION_ID)
NUMBER = _in_path("number", NUMBER_PATTERN)
SCOPE: Json = {
    "name": "scope",
    "in": "query",
    "description": "which messages the opt-out stops; an entry that is there gets this scope",
    "schema": {"type": "string", "enum": [*OptOutScope], "default": OptOutScope.ALL},
}
PAGING: tuple[Json, ...] = (
    {
        "name": "limit",
        "in": "query",
        "schema": {"type": "integer", "minimum": 1, "maximum": LARGEST_PAGE, "default": PAGE},
    },
    {
        "name": "cursor",
        "in": "query",
        "description": "`nextCursor` of the page before",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
    },
)
IDEMPOTENCY: Json = {
    "name": KEY,
    "in": "header",
    "description": "names the request, as requestId does: the same key is never sent twice; absent: a new one",
    "schema": {"type": "string", "pattern": REQUEST_ID},
}
_ACCEPTED: Json = {
    "headers": {"Location": {"description": "where its outcomes are", "schema": {"type": "string"}}},
    "links": {"outcomes": {"operationId": "showRequest", "parameters": {"requestId": "$response.body#/requestId"}}},
}


def described(  # noqa: PLR0913 (the words of a description)
    summary: str,
    reply: str,
    model: str | None,
    problems: tuple[HTTPStatus, ...],
    *parameters: Json,
    body: bool = False,
    accepts: bool = False,
) -> Json:
    """Return what a route says of itself; `model` names its reply.

    `body` is True if it takes a send request, `accepts` if it also sends it.
    """
    schema = {"type": "object"} if model is None else _ref(model)
    done = _response(reply, "application/json", schema) | (_ACCEPTED if accepts else {})
    responses = {HTTPStatus.ACCEPTED if accepts else HTTPStatus.OK: done}
    for status in sorted((*problems, *_SHARED)):
        responses[status] = _response(_SAID[status], "application/problem+json", _ref("Problem"))
    extensions: Json = {PARAMETERS: parameters}
    if body:
        extensions["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref("SendRequest")}}}
    return {"summary": summary, "responses": responses, "openapi_extensions": extensions}


def _response(description: str, media_type: str, schema: Json) -> Json:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _ref(model: str) -> Json:
    return {"$ref": REF.format(model=model)}
