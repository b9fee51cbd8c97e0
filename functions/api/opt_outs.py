"""The opt-out list over HTTP: look a number up, put it on the list, take it off, and page through all."""

import re
from http import HTTPStatus

from api.cursor import seal
from api.exchange import HttpReply, HttpRequest
from api.outcomes import after_cursor, page_limit
from api.ports import Ports
from api.problem import ProblemError
from api.replies import OptOut, OptOuts
from realtime_sms.aws import opt_outs
from realtime_sms.outcomes.submission import iso

NUMBER = r"^\+[1-9][0-9]{6,14}$"
_SOURCE = "api"
_CURSOR_KEY = "opt-outs"  # no secret: it keeps numbers out of plain sight in logs of addresses, and no more


def show_opt_outs(request: HttpRequest, ports: Ports) -> HttpReply:
    """Give a page of the list, in the order of the numbers.

    Raises:
        ProblemError: 400 for a limit or cursor that cannot be used.

    """
    most = page_limit(request.parameter("limit"))
    after = after_cursor(request.parameter("cursor"), _CURSOR_KEY)
    found = ports.opt_outs.page(after, most + 1)
    body: OptOuts = {"optOuts": [_shown(one) for one in found[:most]]}
    if len(found) > most:
        body["nextCursor"] = seal(found[most - 1].number, _CURSOR_KEY)
    return HttpReply(HTTPStatus.OK, body)


def show_opt_out(_request: HttpRequest, ports: Ports, number: str) -> HttpReply:
    """Give a number's entry.

    Raises:
        ProblemError: 400 for what is no number, 404 if it is not on the list.

    """
    return _reply(ports.opt_outs.get(_checked(number)))


def add_opt_out(_request: HttpRequest, ports: Ports, number: str) -> HttpReply:
    """Put a number on the list; one that is there keeps its entry.

    Raises:
        ProblemError: 400 for what is no number.

    """
    return _reply(ports.opt_outs.add(_checked(number), source=_SOURCE, now=ports.now()))


def remove_opt_out(_request: HttpRequest, ports: Ports, number: str) -> HttpReply:
    """Take a number off the list, and give the entry that it had.

    Raises:
        ProblemError: 400 for what is no number, 404 if it is not on the list.

    """
    return _reply(ports.opt_outs.remove(_checked(number)))


def _checked(number: str) -> str:
    if not re.fullmatch(NUMBER, number):
        raise ProblemError.of_parameter("number", "must be E.164, such as +56912345678")
    return number


def _reply(entry: opt_outs.OptOut | None) -> HttpReply:
    if entry is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "this number is not on the opt-out list")
    return HttpReply(HTTPStatus.OK, _shown(entry))


def _shown(entry: opt_outs.OptOut) -> OptOut:
    return {"number": entry.number, "source": entry.source, "createdAt": iso(entry.created_at)}
