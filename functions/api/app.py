"""The API's resolver: what every operation has in common, and what is answered where there is none.

The library routes and describes; the operations stand in `accept`, `outcomes`, `cancel` and `opt_outs`.
"""

import re
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError

from api.openapi import PARAMETERS, described
from api.ports import Ports
from api.problem import ProblemError
from realtime_sms.aws.queues import QueueUnavailableError
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.aws.telemetry import logger
from realtime_sms.outcomes.json_form import camel

if TYPE_CHECKING:
    from aws_lambda_powertools.event_handler.middlewares import NextMiddleware

Reply = Response[Any]
_AGAIN = {
    "POST": "it may not be kept yet; send it again with the same key",
    "DELETE": "it may be done in part; repeat the call",
}
_SIGNING = "x-amz-"  # parameters that sign a request's address

app = APIGatewayRestResolver(debug=False)  # with debug, POWERTOOLS_DEV would print events


def operation[F: Callable[..., Reply]](method: str, path: str, *words: Any, **more: Any) -> Callable[[F], F]:  # noqa: ANN401 (as `described` takes it)
    """Register an operation under the name of its function; the words describe it."""

    def register(function: F) -> F:
        app.route(path, method, operation_id=camel(function.__name__), **described(*words, **more))(function)
        return function

    return register


def ports() -> Ports:
    """Return what the operations work on."""
    given: Ports = app.context["ports"]
    return given


def ok(body: Mapping[str, Any]) -> Reply:
    """Return a reply with a body."""
    return Response(HTTPStatus.OK, "application/json", body)


def _check_query(app: APIGatewayRestResolver, next_middleware: "NextMiddleware") -> Reply:
    """Refuse a query parameter that the operation does not have: a misspelt cursor would give the first page for ever.

    The route that the library makes for an unknown address has no extensions.
    """
    extensions = app.context["_route"].openapi_extensions
    if extensions is None:
        return next_middleware(app)
    known = {one["name"] for one in extensions[PARAMETERS] if one["in"] == "query"}
    several = app.current_event.multi_value_query_string_parameters
    for name in {**app.current_event.query_string_parameters, **several}:
        if name.lower().startswith(_SIGNING):
            continue
        if name not in known:
            shown = name if re.fullmatch(r"[A-Za-z_-]{1,32}", name) else f"a parameter of {len(name)} characters"
            raise ProblemError.of_parameter(shown, "is not a parameter of this operation")
        if len(several.get(name, ())) > 1:
            raise ProblemError.of_parameter(name, "is there more than once")
    return next_middleware(app)


def _not_found(_error: NotFoundError) -> Reply:
    """Answer 405 where the address takes other methods (RFC 9110 §15.5.6), and else 404."""
    every = app._static_routes + app._dynamic_routes  # noqa: SLF001 (nothing public lists them; test_routes notices)
    allowed = ", ".join(dict.fromkeys(one.method for one in every if one.rule.match(app.current_event.path)))
    if not allowed:
        detail = "there is nothing at this address; GET /openapi.json lists what is"
        return ProblemError(HTTPStatus.NOT_FOUND, detail).reply()
    detail = f"this address takes {allowed}"
    return ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": allowed}).reply()


def _unavailable(error: Exception) -> Reply:
    method = app.current_event.http_method
    logger.warning("not available", extra={"method": method, "error": str(error)})
    again = _AGAIN.get(method, "ask again")
    return ProblemError.for_now(f"a part of the service did not answer: {again}").reply()


def _fault(error: Exception) -> Reply:
    """Log where our own code failed, without the error's text, which may quote what was sent."""
    places = [f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)]
    logger.error("fault", extra={"error": type(error).__name__, "places": places[-5:]})
    detail = "the service failed; the same key may be tried again"
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, detail).reply()


app.use([_check_query])
app.not_found(_not_found)
app.exception_handler(ProblemError)(ProblemError.reply)
app.exception_handler([StoreUnavailableError, QueueUnavailableError])(_unavailable)
app.exception_handler(Exception)(_fault)
