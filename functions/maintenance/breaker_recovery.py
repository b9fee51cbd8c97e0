"""Closing the breakers: `balance` when *Get balance* says there is some, `auth` when RealTime takes the token again."""

from collections.abc import Callable
from http import HTTPStatus

from realtime_sms.aws.breakers import Breaker, Breakers, OpenBreaker
from realtime_sms.aws.logging import logger
from realtime_sms.aws.token import fingerprint
from realtime_sms.provider import calls
from realtime_sms.provider.calls import Call, CallResult, Reply, balance_of


def recover_breakers(
    breakers: Breakers,
    exchange: Callable[[Call], CallResult],
    token: Callable[[], str],
    renew: Callable[[str], None],
    *,
    now: float,
) -> list[Breaker]:
    """Close each open breaker whose cause is gone; give those.

    While a breaker is open no call goes out, so nobody but this one meets a token that is dead: `renew` is told its
    fingerprint, each time anew until there is another one.

    Raises:
        TokenUnavailableError: there is no token to ask with.
        ClientError, BotoCoreError: the table did not take it.

    """
    breakers.refresh()
    due = [opened for opened in breakers.all_open() if now >= opened.held_until]
    if not due:
        return []
    held = token()
    reply = exchange(calls.balance(held))
    if isinstance(reply, Reply) and reply.status == HTTPStatus.UNAUTHORIZED:
        renew(fingerprint(held))
    closed = [opened for opened in due if _is_gone(opened, reply)]
    for opened in closed:
        breakers.close(opened)
        logger.info("breaker closed", extra={"breaker": opened.breaker, "reason": opened.reason})
    return [opened.breaker for opened in closed]


def _is_gone(opened: OpenBreaker, reply: CallResult) -> bool:
    """Judge by one reply to *Get balance*: any 200 proves the token, a positive balance proves the balance."""
    if not isinstance(reply, Reply) or reply.status != HTTPStatus.OK:
        return False
    return opened.breaker is Breaker.AUTH or balance_of(reply) > 0
