"""The opt-out list: look a number up, put it on the list, take it off, and page through all."""

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from api.paging import read_cursor, read_limit, seal
from api.ports import Ports
from api.problem import ProblemError
from realtime_sms.outcomes.submission import iso

if TYPE_CHECKING:
    from api.replies import OptOut, OptOuts
    from realtime_sms.aws import opt_outs

NUMBER = r"^\+[1-9][0-9]{6,14}$"
_SOURCE = "api"
_CURSOR_KEY = "opt-outs"  # no secret: it keeps numbers out of plain sight in logs of addresses, and no more


def page(event: APIGatewayProxyEvent, ports: Ports) -> "OptOuts":
    """Return a page of the list, in the order of the numbers.

    Raises:
        ProblemError: 400 for a limit or cursor that cannot be used.

    """
    most = read_limit(event)
    found = ports.opt_outs.page(read_cursor(event, _CURSOR_KEY), most + 1)
    body: OptOuts = {"optOuts": [_shown(one) for one in found[:most]]}
    if len(found) > most:
        body["nextCursor"] = seal(found[most - 1].number, _CURSOR_KEY)
    return body


def get(number: str, ports: Ports) -> "OptOut":
    """Return a number's entry.

    Raises:
        ProblemError: 400 for what is no number, 404 if it is not on the list.

    """
    return _found(ports.opt_outs.get(_checked(number)))


def add(number: str, ports: Ports) -> "OptOut":
    """Put a number on the list; one that is there keeps its entry.

    Raises:
        ProblemError: 400 for what is no number.

    """
    return _shown(ports.opt_outs.add(_checked(number), source=_SOURCE, now=ports.now()))


def remove(number: str, ports: Ports) -> "OptOut":
    """Take a number off the list, and return the entry that it had.

    Raises:
        ProblemError: 400 for what is no number, 404 if it is not on the list.

    """
    return _found(ports.opt_outs.remove(_checked(number)))


def _checked(number: str) -> str:
    if not re.fullmatch(NUMBER, number):
        raise ProblemError.of_parameter("number", "must be E.164, such as +56912345678")
    return number


def _found(entry: "opt_outs.OptOut | None") -> "OptOut":
    if entry is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "this number is not on the opt-out list")
    return _shown(entry)


def _shown(entry: "opt_outs.OptOut") -> "OptOut":
    return {"number": entry.number, "source": entry.source, "createdAt": iso(entry.created_at)}
