"""The opt-out list: look a number up, put it on the list, take it off, and page through all."""

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote

from api.app import Reply, app, ok, operation, ports
from api.openapi import NUMBER, NUMBER_PATTERN, PAGING, READING, SCOPE, UNCERTAIN
from api.paging import parameter, read_cursor, read_limit, seal
from api.problem import ProblemError
from realtime_sms.outcomes.opt_out import to_json
from realtime_sms.requests.recipients import canonical, parse_number
from realtime_sms.requests.written_number import Refused
from realtime_sms.vocabulary import OptOutScope

if TYPE_CHECKING:
    from api.replies import OptOut, OptOuts
    from realtime_sms.outcomes import opt_out

_SOURCE = "api"
_CURSOR_KEY = "opt-outs"  # no secret: it keeps numbers out of plain sight in logs of addresses, and no more
_ADDRESS = "/opt-outs/<number>"


@operation(
    "GET",
    "/opt-outs",
    "The opt-out list: numbers that get no SMS, in pages",
    "a page of the opt-out list",
    "OptOuts",
    UNCERTAIN,
    *PAGING,
)
def show_opt_outs() -> Reply:
    """Show a page of the list, in the order of the numbers."""
    most = read_limit(app.current_event)
    found = ports().opt_outs.page(read_cursor(app.current_event, _CURSOR_KEY), most + 1)
    body: OptOuts = {"optOuts": [_shown(one) for one in found[:most]]}
    if len(found) > most:
        body["nextCursor"] = seal(found[most - 1].number, _CURSOR_KEY)
    return ok(body)


@operation("GET", _ADDRESS, "Whether a number is on the opt-out list", "its entry", "OptOut", READING, NUMBER)
def show_opt_out(number: str) -> Reply:
    """Show a number's entry."""
    listed = ports().opt_outs.get(checked := _checked(number))
    return _found(listed or ports().opt_outs.get(canonical(checked)))


@operation(
    "PUT",
    _ADDRESS,
    "Put a number on the opt-out list; messages to it then end as `failed`, `opted_out`",
    "its entry; if the number was listed already, the existing entry with this scope",
    "OptOut",
    UNCERTAIN,
    NUMBER,
    SCOPE,
)
def add_opt_out(number: str) -> Reply:
    """Put a number on the list, in today's form; if it is listed already, only the scope of its entry changes."""
    scope = _scope()
    parsed = parse_number(_checked(number), "")
    if isinstance(parsed, Refused):
        raise ProblemError.of_parameter("number", parsed.why)
    return _found(ports().opt_outs.add(parsed, source=_SOURCE, now=ports().now(), scope=scope, narrow=True))


@operation(
    "DELETE", _ADDRESS, "Take a number off the opt-out list", "the entry that was removed", "OptOut", READING, NUMBER
)
def remove_opt_out(number: str) -> Reply:
    """Take a number off the list, and show the entry that was removed."""
    return _found(ports().opt_outs.remove(_checked(number)))


def _scope() -> OptOutScope:
    written = parameter(app.current_event, "scope")
    if written is not None and written not in set(OptOutScope):
        raise ProblemError.of_parameter("scope", f"must be one of {', '.join(OptOutScope)}")
    return OptOutScope(written or OptOutScope.ALL)


def _checked(written: str) -> str:
    number = unquote(written)
    if not re.fullmatch(NUMBER_PATTERN, number):
        raise ProblemError.of_parameter("number", "must be E.164, such as +56912345678")
    return number


def _found(entry: "opt_out.OptOut | None") -> Reply:
    if entry is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "this number is not on the opt-out list")
    return ok(_shown(entry))


def _shown(entry: "opt_out.OptOut") -> "OptOut":
    return cast("OptOut", to_json(entry))
