"""The ways into the API, as one table, and the way of a request through it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import unquote

from api import accept, opt_outs, outcomes
from api.exchange import HttpReply, HttpRequest
from api.ports import Ports
from api.problem import ProblemError
from realtime_sms.aws.queues import QueueUnavailableError
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.aws.telemetry import logger

type Operation = Callable[..., HttpReply]


@dataclass(frozen=True, slots=True)
class Route:
    """One operation: its method, its path with at most one `{parameter}`, and the query parameters that it knows."""

    method: str
    path: str
    operation: Operation
    query: frozenset[str] = frozenset()

    def match(self, path: str) -> dict[str, str] | None:
        """Give the path's parameters by name as it is called in code; None where it is another path."""
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(self.path))
        found = re.fullmatch(pattern, path)
        return {_snake(name): unquote(value) for name, value in found.groupdict().items()} if found else None


def show_description(request: HttpRequest, _ports: Ports) -> HttpReply:
    """Give the API's own description, with the address that it was asked at."""
    from api.openapi import document  # noqa: PLC0415 (making it takes longer than any other request)

    return HttpReply(HTTPStatus.OK, document() | {"servers": [{"url": request.base or "/"}]})


ROUTES = (
    Route("POST", "/messages/preview", accept.preview),
    Route("POST", "/messages", accept.accept),
    Route("POST", "/api/sms", accept.accept_realtime),
    Route("GET", "/messages/{requestId}", outcomes.show_request, frozenset({"limit", "cursor"})),
    Route("GET", "/submissions/{submissionId}", outcomes.show_submission),
    Route("GET", "/opt-outs", opt_outs.show_opt_outs, frozenset({"limit", "cursor"})),
    Route("GET", "/opt-outs/{number}", opt_outs.show_opt_out),
    Route("PUT", "/opt-outs/{number}", opt_outs.add_opt_out),
    Route("DELETE", "/opt-outs/{number}", opt_outs.remove_opt_out),
    Route("GET", "/openapi.json", show_description),
)


def answer(request: HttpRequest, ports: Ports) -> HttpReply:
    """Answer any request; nothing that it holds makes this raise."""
    try:
        return _operate(request, ports)
    except ProblemError as problem:
        return HttpReply.of_problem(problem)
    except (StoreUnavailableError, QueueUnavailableError) as error:
        logger.warning("not available", extra={"method": request.method, "error": str(error)})
        again = "it may not be kept yet; send it again with the same key" if request.method == "POST" else "ask again"
        return HttpReply.of_problem(ProblemError.for_now(f"a part of the service did not answer: {again}"))


def _operate(request: HttpRequest, ports: Ports) -> HttpReply:
    matches = [(route, values) for route in ROUTES if (values := route.match(request.path)) is not None]
    for route, values in matches:
        if route.method == request.method:
            _check_query(request.query, route)
            return route.operation(request, ports, **values)
    if not matches:
        raise ProblemError(HTTPStatus.NOT_FOUND, "there is nothing at this address; GET /openapi.json lists what is")
    allowed = ", ".join(dict.fromkeys(route.method for route, _ in matches))
    detail = f"this address takes {allowed}"
    raise ProblemError(HTTPStatus.METHOD_NOT_ALLOWED, detail, headers={"Allow": allowed})


def _check_query(query: Mapping[str, tuple[str, ...]], route: Route) -> None:
    """Refuse what is not known: a misspelt cursor would give the first page for ever."""
    for name, values in query.items():
        if name not in route.query:
            shown = name if re.fullmatch(r"[A-Za-z_-]{1,32}", name) else f"a parameter of {len(name)} characters"
            raise ProblemError.of_parameter(shown, "is not a parameter of this operation")
        if len(values) > 1:
            raise ProblemError.of_parameter(name, "is there more than once")


def _snake(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()
