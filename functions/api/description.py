"""The whole API: all its operations, and the description that is made of them."""

import json
import re
from http import HTTPStatus
from typing import Any

from api import accept, cancel, opt_outs, outcomes
from api.app import Reply, app, ok, operation
from api.incoming import base
from api.openapi import PARAMETERS, REF, Json
from realtime_sms.outcomes.json_form import camel

__all__ = ["OPERATIONS", "app", "document", "text"]

OPERATIONS = (accept, outcomes, cancel, opt_outs)  # these modules have added theirs to the resolver
_EXAMPLE = {"recipients": ["+56900000000"], "sender": "96000", "message": {"charset": 0, "text": "hello"}}
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


@operation("GET", "/openapi.json", "This document", "this document", None, (HTTPStatus.BAD_REQUEST,))
def show_description() -> Reply:
    """Show the description, with the address that it was asked at."""
    return ok(document() | {"servers": [{"url": base(app.current_event) or "/"}]})


def document() -> Json:
    """Make the description."""
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
    whole["paths"] = {
        re.sub(r"\w+(?=\})", lambda name: camel(name[0]), path): item for path, item in whole["paths"].items()
    }
    for item in whole["paths"].values():
        for one in item.values():
            one["parameters"] = one.pop(PARAMETERS)
    return whole


def text() -> str:
    """Write the description as it is kept in docs/."""
    return json.dumps(document(), indent=2, ensure_ascii=False) + "\n"


def _schemas() -> Json:
    """Return the schema of the send request, and of every reply."""
    from pydantic import TypeAdapter  # noqa: PLC0415 (only the description needs it, as the next two)

    from api import replies  # noqa: PLC0415
    from realtime_sms.requests.model import SendRequest  # noqa: PLC0415

    models = (SendRequest, *replies.DESCRIBED)
    adapters = [(model.__name__, "validation", TypeAdapter[Any](model)) for model in models]
    _, definitions = TypeAdapter.json_schemas(adapters, ref_template=REF)  # type: ignore[arg-type]  # invariant Literal
    schemas: Json = definitions["$defs"]
    schemas["SendRequest"]["example"] = _EXAMPLE
    return dict(sorted(schemas.items()))


def _server(url: str) -> Any:  # noqa: ANN401 (the library's type)
    from aws_lambda_powertools.event_handler.openapi.models import Server  # noqa: PLC0415 (100 ms, for this alone)

    return Server(url=url)
