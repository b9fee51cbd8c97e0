"""Close the breakers: `balance` when *Get balance* shows a balance, `auth` when RealTime accepts the token again.

The breaker `endpoint` is not closed here: only a call of *Send SMS* can show that its address works again.
"""

from collections.abc import Callable
from http import HTTPStatus

from realtime_sms.aws.breakers import Breaker, Breakers, OpenBreaker
from realtime_sms.aws.telemetry import logger
from realtime_sms.aws.tokens import fingerprint
from realtime_sms.provider import calls
from realtime_sms.provider.calls import Call, CallResult, Reply, balance_of
from realtime_sms.provider.verdict import refuses_token


def recover_breakers(
    breakers: Breakers,
    perform: Callable[[Call], CallResult],
    token: Callable[[], str],
    renew: Callable[[str], None],
    *,
    now: float,
) -> list[Breaker]:
    """Close each open breaker whose cause is gone; return those.

    While a breaker is open no call goes out, so only this function meets a dead token. `renew` is told its fingerprint,
    each time again until there is another one.

    Raises:
        TokenUnavailableError: there is no token to ask with.
        StoreUnavailableError: the table did not answer.

    """
    breakers.refresh()
    due = [one for one in breakers.all_open() if one.breaker is not Breaker.ENDPOINT and now >= one.held_until]
    if not due:
        return []
    held = token()
    reply = perform(calls.balance(held))
    if refuses_token(reply):
        renew(fingerprint(held))
    closed = [opened for opened in due if _is_gone(opened, reply) and breakers.close(opened)]
    for opened in closed:
        logger.info("breaker closed", extra={"breaker": opened.breaker, "reason": opened.reason})
    return [opened.breaker for opened in closed]


def _is_gone(opened: OpenBreaker, reply: CallResult) -> bool:
    """Judge by one reply to *Get balance*: any 200 proves the token, a positive balance proves the balance."""
    if not isinstance(reply, Reply) or reply.status != HTTPStatus.OK:
        return False
    return opened.breaker is Breaker.AUTH or balance_of(reply) > 0
