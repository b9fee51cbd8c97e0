"""A send request as a person wants it: made ready as the deployment would, so that what is wrong shows beforehand."""

from collections.abc import Iterator, Mapping

from realtime_sms.requests.envelope import IdentifiedRequest
from realtime_sms.requests.errors import InvalidInputError, Problem
from realtime_sms.requests.model import parse_request
from realtime_sms.requests.prepare import Defaults, PreparedRequest, Refusal, prepare
from rtsms.fault import refused

type Wanted = Mapping[str, object]


def ready(wanted: Wanted, request_id: str, defaults: Defaults) -> PreparedRequest:
    """Make a request ready to be sent.

    Raises:
        Fault: it could not be sent, to one recipient or to all; everything that is wrong is named.

    """
    try:
        request = parse_request({**wanted, "requestId": request_id})
    except InvalidInputError as error:
        raise refused("the request", error.problems) from None
    prepared = prepare(IdentifiedRequest(request_id, request), defaults)
    if problems := list(_problems(prepared)):
        raise refused("the request", problems)
    return prepared


def _problems(prepared: PreparedRequest) -> Iterator[Problem]:
    for one in prepared.recipients.refused:
        yield one.problem
    for group in prepared.groups.values():
        if isinstance(group.encoded, Refusal):
            yield group.encoded.problem
