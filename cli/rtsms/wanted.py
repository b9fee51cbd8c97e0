"""A send request as a person wants it: made ready as the deployment would, so that what is wrong shows beforehand."""

from collections.abc import Iterator, Mapping

from realtime_sms.outcomes.decide import Refusal
from realtime_sms.requests.envelope import Opened
from realtime_sms.requests.errors import InvalidInputError, Problem
from realtime_sms.requests.model import parse_request
from realtime_sms.requests.prepare import Composed, Defaults, compose
from rtsms.fault import refused

type Wanted = Mapping[str, object]


def ready(wanted: Wanted, request_id: str, defaults: Defaults) -> Composed:
    """Make a request ready to be sent.

    Raises:
        Fault: it could not be sent, to one recipient or to all; everything that is wrong is named.

    """
    try:
        request = parse_request({**wanted, "requestId": request_id})
    except InvalidInputError as error:
        raise refused("the request", error.problems) from None
    composed = compose(Opened(request_id, request), defaults)
    if problems := list(_problems(composed)):
        raise refused("the request", problems)
    return composed


def _problems(composed: Composed) -> Iterator[Problem]:
    for one in composed.recipients.refused:
        yield one.problem
    for group in composed.groups.values():
        if isinstance(group.encoded, Refusal):
            yield group.encoded.problem
