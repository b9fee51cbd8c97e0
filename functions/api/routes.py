"""The API's operations: each with its address, its description, and what it answers."""

import re
import traceback
from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from api import openapi, opt_outs, outcomes
from api.accept import as_realtime_reads_it, take
from api.incoming import base, read_body, read_key, read_request
from api.openapi import accepting, described
from api.ports import Ports
from api.preview import preview
from api.problem import ProblemError
from realtime_sms.aws.queues import QueueUnavailableError
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.aws.telemetry import logger

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

Reply = Response[Any]
_JSON = "application/json"
_SIGNING = "x-amz-"  # parameters that sign a request's address

app = APIGatewayRestResolver(debug=False)  # with debug, POWERTOOLS_DEV would print events


def _ports() -> Ports:
    ports: Ports = app.context["ports"]
    return ports


def _ok(body: Mapping[str, Any]) -> Reply:
    return Response(HTTPStatus.OK, _JSON, body)


@app.post("/messages", operation_id="accept", **accepting("Send one text to one or more recipients"))
def accept() -> Reply:
    """Accept a send request."""
    return _accepted(read_body(app.current_event))


@app.post(
    "/api/sms",
    operation_id="acceptRealtime",
    **accepting(
        "The same at the path of RealTime's own API, and with its meaning: a text of charset 6 or 8 is in wire form"
    ),
)
def accept_realtime() -> Reply:
    """Accept a send request of a client of RealTime."""
    return _accepted(as_realtime_reads_it(read_body(app.current_event)))


def _accepted(value: dict[str, object]) -> Reply:
    event = app.current_event
    body = take(value, read_key(event), base(event), _ports())
    return Response(HTTPStatus.ACCEPTED, _JSON, body, {"Location": body["links"]["self"]})


@app.post(
    "/messages/preview",
    operation_id="preview",
    **described(
        "Say what sending would mean, and send nothing", "what sending would mean", "Preview", *openapi.BODY, body=True
    ),
)
def show_preview() -> Reply:
    """Preview a send request; its key does not matter."""
    return _ok(preview(read_request(read_body(app.current_event), None, _ports().defaults)))


@app.get(
    "/messages/<request_id>",
    operation_id="showRequest",
    **described(
        "Every recipient's state, by page",
        "a page of recipients",
        "Outcomes",
        *openapi.READING,
        parameters=(openapi.REQUEST, *openapi.PAGING),
    ),
)
def show_request(request_id: str) -> Reply:
    """Show the outcomes of a request."""
    return _ok(outcomes.outcomes(app.current_event, unquote(request_id), _ports()))


@app.get(
    "/submissions/<submission_id>",
    operation_id="showSubmission",
    **described(
        "One submission, by the id that RealTime gave it",
        "the submission",
        "Found",
        *openapi.READING,
        parameters=(openapi.SUBMISSION,),
    ),
)
def show_submission(submission_id: str) -> Reply:
    """Show one outcome."""
    return _ok(outcomes.submission(unquote(submission_id), _ports()))


@app.get(
    "/opt-outs",
    operation_id="showOptOuts",
    **described(
        "The numbers that are not written to, by page",
        "a page of the opt-out list",
        "OptOuts",
        *openapi.UNCERTAIN,
        parameters=openapi.PAGING,
    ),
)
def show_opt_outs() -> Reply:
    """Show the opt-out list."""
    return _ok(opt_outs.page(app.current_event, _ports()))


@app.get(
    "/opt-outs/<number>",
    operation_id="showOptOut",
    **described(
        "Whether a number is on the opt-out list",
        "its entry",
        "OptOut",
        *openapi.READING,
        parameters=(openapi.NUMBER,),
    ),
)
def show_opt_out(number: str) -> Reply:
    """Look a number up."""
    return _ok(opt_outs.get(unquote(number), _ports()))


@app.put(
    "/opt-outs/<number>",
    operation_id="addOptOut",
    **described(
        "Put a number on the opt-out list; what is sent to it then ends as `failed`, `opted_out`",
        "its entry; that of before, if it was there",
        "OptOut",
        *openapi.UNCERTAIN,
        parameters=(openapi.NUMBER,),
    ),
)
def add_opt_out(number: str) -> Reply:
    """Put a number on the list."""
    return _ok(opt_outs.add(unquote(number), _ports()))


@app.delete(
    "/opt-outs/<number>",
    operation_id="removeOptOut",
    **described(
        "Take a number off the opt-out list",
        "the entry that it had",
        "OptOut",
        *openapi.READING,
        parameters=(openapi.NUMBER,),
    ),
)
def remove_opt_out(number: str) -> Reply:
    """Take a number off the list."""
    return _ok(opt_outs.remove(unquote(number), _ports()))


@app.get(
    "/openapi.json",
    operation_id="showDescription",
    **described("This document", "this document", None, HTTPStatus.BAD_REQUEST),
)
def show_description() -> Reply:
    """Show the API's description, with the address that it was asked at."""
    return _ok(openapi.document(app) | {"servers": [{"url": base(app.current_event) or "/"}]})


def _check_query(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Reply:
    """Refuse a query parameter that the operation does not have: a misspelt cursor would give the first page for ever.

    The route that the library makes for an unknown address has no parameters that we know of.
    """
    extensions = app.context["_route"].openapi_extensions
    if extensions is None:
        return next_middleware(app)
    known = {one["name"] for one in extensions[openapi.PARAMETERS] if one["in"] == "query"}
    event = app.current_event
    several = event.multi_value_query_string_parameters
    for name in {**event.query_string_parameters, **several}:
        if name.lower().startswith(_SIGNING):
            continue
        if name not in known:
            shown = name if re.fullmatch(r"[A-Za-z_-]{1,32}", name) else f"a parameter of {len(name)} characters"
            raise ProblemError.of_parameter(shown, "is not a parameter of this operation")
        if len(several.get(name, ())) > 1:
            raise ProblemError.of_parameter(name, "is there more than once")
    return next_middleware(app)


def _unavailable(error: Exception) -> Reply:
    method = app.current_event.http_method
    logger.warning("not available", extra={"method": method, "error": str(error)})
    again = "it may not be kept yet; send it again with the same key" if method == "POST" else "ask again"
    return ProblemError.for_now(f"a part of the service did not answer: {again}").reply()


def _fault(error: Exception) -> Reply:
    """Log where our own code failed, without the error's text, which may quote what was sent."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error("fault", extra={"error": type(error).__name__, "places": places[-5:]})
    detail = "the service failed; the same key may be tried again"
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail).reply()


def _not_found(_error: NotFoundError) -> Reply:
    """Answer 405 where the address takes other methods (RFC 9110 §15.5.6), and else 404."""
    every = app._static_routes + app._dynamic_routes  # noqa: SLF001 (nothing public lists them; test_routes notices)
    allowed = ", ".join(dict.fromkeys(one.method for one in every if one.rule.match(app.current_event.path)))
    if not allowed:
        detail = "there is nothing at this address; GET /openapi.json lists what is"
        return ProblemError(HTTPStatus.NOT_FOUND, detail).reply()
    detail = f"this address takes {allowed}"
    return ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": allowed}).reply()


app.use([_check_query])
app.not_found(_not_found)
app.exception_handler(ProblemError)(ProblemError.reply)
app.exception_handler([StoreUnavailableError, QueueUnavailableError])(_unavailable)
app.exception_handler(Exception)(_fault)
