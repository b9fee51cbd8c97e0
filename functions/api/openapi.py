"""The API's description, OpenAPI 3.1, made from the table of routes, the request's model and the replies' types."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any

from pydantic import TypeAdapter

from api import replies
from api.intake import KEY, LARGEST
from api.opt_outs import NUMBER
from api.outcomes import LARGEST_PAGE, PAGE, SUBMISSION_ID
from api.routes import ROUTES, Route
from realtime_sms.requests.model import REQUEST_ID, SendRequest

type Json = dict[str, Any]

_REF = "#/components/schemas/{model}"
_SCHEMAS = (
    SendRequest,
    replies.Accepted,
    replies.Preview,
    replies.Outcomes,
    replies.Found,
    replies.OptOut,
    replies.OptOuts,
    replies.Problem,
)
_SHARED = (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR)
_READING = (HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.SERVICE_UNAVAILABLE)
_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONTENT_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_CONTENT,
)
_SAID = {
    HTTPStatus.BAD_REQUEST: "not JSON, or a header or parameter that cannot be used",
    HTTPStatus.FORBIDDEN: "not signed, or by somebody who may not; or without the API key that the deployment asks for",
    HTTPStatus.NOT_FOUND: "nothing of this name is known",
    HTTPStatus.CONFLICT: "the id was used before with other content; nothing was sent",
    HTTPStatus.CONTENT_TOO_LARGE: f"larger than {LARGEST} octets",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "not application/json in UTF-8",
    HTTPStatus.UNPROCESSABLE_CONTENT: "the request cannot be sent; `errors` names everything that is wrong with it",
    HTTPStatus.TOO_MANY_REQUESTS: "more than the deployment allows; try again later",
    HTTPStatus.INTERNAL_SERVER_ERROR: "a fault of the service; the same key may be tried again",
    HTTPStatus.SERVICE_UNAVAILABLE: "try again after `Retry-After` seconds, with the same key",
}
_EXAMPLE = {"recipients": ["+56900000000"], "sender": "96000", "message": {"charset": 0, "text": "hello"}}


def document() -> Json:
    """Make the description."""
    paths: Json = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "SMS through RealTime",
            "version": "1",
            "description": "Send requests, previews, outcomes and opt-outs. Every call is signed with AWS Signature "
            "Version 4, service `execute-api`; a deployment may also ask for an API key.",
        },
        "servers": [{"url": "/v1"}],
        "security": [{"sigv4": []}, {"sigv4": [], "apiKey": []}],
        "paths": paths,
        "components": {"schemas": _schemas(), "securitySchemes": _SECURITY},
    }


def text() -> str:
    """Write the description as it is kept in docs/."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


_PAGING: list[Json] = [
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
]
_SECURITY: Json = {
    "sigv4": {
        "type": "apiKey",
        "name": "Authorization",
        "in": "header",
        "x-amazon-apigateway-authtype": "awsSigv4",
        "description": "AWS Signature Version 4 for the service execute-api",
    },
    "apiKey": {"type": "apiKey", "name": "x-api-key", "in": "header"},
}


def _schemas() -> Json:
    adapters = [(model.__name__, "validation", TypeAdapter[Any](model)) for model in _SCHEMAS]
    _, definitions = TypeAdapter.json_schemas(adapters, ref_template=_REF)  # type: ignore[arg-type]  # invariant Literal
    schemas: Json = definitions["$defs"]
    schemas["SendRequest"]["example"] = _EXAMPLE
    return dict(sorted(schemas.items()))


def _operation(route: Route) -> Json:
    name = route.operation.__name__
    return {"operationId": _camel(name), **_OPERATIONS[name]()}


def _accept(summary: str) -> Json:
    key = {
        "name": KEY,
        "in": "header",
        "description": "names the request, as requestId does: the same key is never sent twice; absent: a new one",
        "schema": {"type": "string", "pattern": REQUEST_ID},
    }
    accepted = _reply("kept, and will be sent", "Accepted") | {
        "headers": {"Location": {"description": "where its outcomes are", "schema": {"type": "string"}}},
        "links": {"outcomes": {"operationId": "showRequest", "parameters": {"requestId": "$response.body#/requestId"}}},
    }
    problems = (*_BODY, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE)
    return {
        "summary": summary,
        "parameters": [key],
        "requestBody": _request_body(),
        "responses": _responses(HTTPStatus.ACCEPTED, accepted, *problems),
    }


def _preview() -> Json:
    return {
        "summary": "Say what sending would mean, and send nothing",
        "requestBody": _request_body(),
        "responses": _responses(HTTPStatus.OK, _reply("what sending would mean", "Preview"), *_BODY),
    }


def _show_request() -> Json:
    return {
        "summary": "Every recipient's state, by page",
        "parameters": [_path_parameter("requestId", REQUEST_ID), *_PAGING],
        "responses": _responses(HTTPStatus.OK, _reply("a page of recipients", "Outcomes"), *_READING),
    }


def _show_submission() -> Json:
    return {
        "summary": "One submission, by the id that RealTime gave it",
        "parameters": [_path_parameter("submissionId", SUBMISSION_ID)],
        "responses": _responses(HTTPStatus.OK, _reply("the submission", "Found"), *_READING),
    }


def _show_opt_outs() -> Json:
    problems = (HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
    return {
        "summary": "The numbers that are not written to, by page",
        "parameters": _PAGING,
        "responses": _responses(HTTPStatus.OK, _reply("a page of the opt-out list", "OptOuts"), *problems),
    }


def _of_opt_out(summary: str, reply: str, *problems: HTTPStatus) -> Callable[[], Json]:
    return lambda: {
        "summary": summary,
        "parameters": [_path_parameter("number", NUMBER)],
        "responses": _responses(HTTPStatus.OK, _reply(reply, "OptOut"), *problems),
    }


def _show_description() -> Json:
    content = {"application/json": {"schema": {"type": "object"}}}
    reply = {"description": "this document", "content": content}
    return {
        "summary": "This document",
        "responses": _responses(HTTPStatus.OK, reply, HTTPStatus.BAD_REQUEST),
    }


_OPERATIONS: Mapping[str, Callable[[], Json]] = {
    "accept": partial(_accept, "Send one text to one or more recipients"),
    "accept_realtime": partial(
        _accept,
        "The same at the path of RealTime's own API, and with its meaning: a text of charset 6 or 8 is in wire form",
    ),
    "preview": _preview,
    "show_request": _show_request,
    "show_submission": _show_submission,
    "show_opt_outs": _show_opt_outs,
    "show_opt_out": _of_opt_out("Whether a number is on the opt-out list", "its entry", *_READING),
    "add_opt_out": _of_opt_out(
        "Put a number on the opt-out list; what is sent to it then ends as `failed`, `opted_out`",
        "its entry; that of before, if it was there",
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.SERVICE_UNAVAILABLE,
    ),
    "remove_opt_out": _of_opt_out("Take a number off the opt-out list", "the entry that it had", *_READING),
    "show_description": _show_description,
}


def _request_body() -> Json:
    return {"required": True, "content": {"application/json": {"schema": _ref("SendRequest")}}}


def _path_parameter(name: str, pattern: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


def _responses(status: HTTPStatus, reply: Json, *problems: HTTPStatus) -> Json:
    every = {status: reply} | {problem: _problem(problem) for problem in (*problems, *_SHARED)}
    return {str(int(one)): every[one] for one in sorted(every)}


def _problem(status: HTTPStatus) -> Json:
    content = {"application/problem+json": {"schema": _ref("Problem")}}
    return {"description": _SAID[status], "content": content}


def _reply(description: str, model: str) -> Json:
    return {"description": description, "content": {"application/json": {"schema": _ref(model)}}}


def _ref(model: str) -> Json:
    return {"$ref": _REF.format(model=model)}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(map(str.title, rest))
