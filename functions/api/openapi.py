"""The API's description, OpenAPI 3.1: what the routes say of themselves, and the schemas of what they take and give."""

import json
import re
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver

from api import opt_outs
from api.incoming import KEY, LARGEST
from api.outcomes import SUBMISSION_ID
from api.paging import LARGEST_PAGE, PAGE
from realtime_sms.outcomes.json_form import camel
from realtime_sms.requests.model import REQUEST_ID

type Json = dict[str, Any]

PARAMETERS = "x-parameters"  # of a route; the library would replace `parameters` by the arguments of its function
_REF = "#/components/schemas/{model}"
_SHARED = (HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.INTERNAL_SERVER_ERROR)
UNCERTAIN = (HTTPStatus.BAD_REQUEST, HTTPStatus.SERVICE_UNAVAILABLE)
READING = (*UNCERTAIN, HTTPStatus.NOT_FOUND)
BODY = (
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


def _in_path(name: str, pattern: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string", "pattern": pattern}}


REQUEST = _in_path("requestId", REQUEST_ID)
SUBMISSION = _in_path("submissionId", SUBMISSION_ID)
NUMBER = _in_path("number", opt_outs.NUMBER)
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
_IDEMPOTENCY: Json = {
    "name": KEY,
    "in": "header",
    "description": "names the request, as requestId does: the same key is never sent twice; absent: a new one",
    "schema": {"type": "string", "pattern": REQUEST_ID},
}
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


def described(
    summary: str,
    reply: str,
    model: str | None,
    *problems: HTTPStatus,
    parameters: tuple[Json, ...] = (),
    body: bool = False,
) -> Json:
    """Return what a route says of itself; `model` is one of the replies, `body` is True if it takes a send request."""
    schema = {"type": "object"} if model is None else _ref(model)
    responses = {HTTPStatus.OK: _response(reply, "application/json", schema)}
    for status in sorted((*problems, *_SHARED)):
        responses[status] = _response(_SAID[status], "application/problem+json", _ref("Problem"))
    extensions: Json = {PARAMETERS: parameters}
    if body:
        extensions["requestBody"] = {"required": True, "content": {"application/json": {"schema": _ref("SendRequest")}}}
    return {"summary": summary, "responses": responses, "openapi_extensions": extensions}


def accepting(summary: str) -> Json:
    """Return what a route says of itself that accepts send requests."""
    problems = (*BODY, HTTPStatus.CONFLICT, HTTPStatus.SERVICE_UNAVAILABLE)
    route = described(summary, "kept, and will be sent", "Accepted", *problems, parameters=(_IDEMPOTENCY,), body=True)
    accepted = route["responses"].pop(HTTPStatus.OK) | {
        "headers": {"Location": {"description": "where its outcomes are", "schema": {"type": "string"}}},
        "links": {"outcomes": {"operationId": "showRequest", "parameters": {"requestId": "$response.body#/requestId"}}},
    }
    return route | {"responses": {HTTPStatus.ACCEPTED: accepted, **route["responses"]}}


def document(app: APIGatewayRestResolver) -> Json:
    """Make the description of the routes of a resolver."""
    written = app.get_openapi_json_schema(
        title="SMS through RealTime",
        version="1",
        openapi_version="3.1.0",
        description="Send requests, previews, outcomes and opt-outs. Every call is signed with AWS Signature Version "
        "4, service `execute-api`; a deployment may also ask for an API key.",
        servers=[_server("/v1")],
        security=[{"sigv4": []}, {"sigv4": [], "apiKey": []}],
        security_schemes=_SECURITY,
    )
    whole: Json = json.loads(written, parse_float=lambda number: int(float(number)))  # the library writes 100 as 100.0
    whole["components"]["schemas"] = _schemas()
    whole["paths"] = {re.sub(r"\w+(?=\})", _camel, path): item for path, item in whole["paths"].items()}
    for item in whole["paths"].values():
        for operation in item.values():
            operation["parameters"] = operation.pop(PARAMETERS)
    return whole


def text(app: APIGatewayRestResolver) -> str:
    """Write the description as it is kept in docs/."""
    return json.dumps(document(app), indent=2, ensure_ascii=False) + "\n"


def _schemas() -> Json:
    """Return the schema of the send request, and of every reply."""
    from pydantic import TypeAdapter  # noqa: PLC0415 (only the description needs it, as the next two)

    from api import replies  # noqa: PLC0415
    from realtime_sms.requests.model import SendRequest  # noqa: PLC0415

    models = (SendRequest, *replies.DESCRIBED)
    adapters = [(model.__name__, "validation", TypeAdapter[Any](model)) for model in models]
    _, definitions = TypeAdapter.json_schemas(adapters, ref_template=_REF)  # type: ignore[arg-type]  # invariant Literal
    schemas: Json = definitions["$defs"]
    schemas["SendRequest"]["example"] = _EXAMPLE
    return dict(sorted(schemas.items()))


def _server(url: str) -> Any:  # noqa: ANN401 (the library's type)
    from aws_lambda_powertools.event_handler.openapi.models import Server  # noqa: PLC0415 (100 ms, for this alone)

    return Server(url=url)


def _response(description: str, media_type: str, schema: Json) -> Json:
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _ref(model: str) -> Json:
    return {"$ref": _REF.format(model=model)}


def _camel(name: re.Match[str]) -> str:
    return camel(name[0])
