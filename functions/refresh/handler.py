"""The refresh function's entry: it is invoked by a schedule, or by a sender whose token was refused."""

from functools import cache
from typing import TYPE_CHECKING, Any

from realtime_sms.aws import clients
from realtime_sms.aws.lock import Lock
from realtime_sms.aws.settings import read
from realtime_sms.aws.table import Table
from realtime_sms.aws.telemetry import Metric, counters, instrumented, logger
from realtime_sms.provider.client import RealTimeClient
from refresh.refresher import Outcome, Refresher
from refresh.settings import RefreshSettings

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

_FAILURES = frozenset({Outcome.REFUSED, Outcome.NOT_REACHED, Outcome.BAD_CREDENTIALS})


@cache
def _refresher() -> Refresher:
    settings = read(RefreshSettings)
    client = RealTimeClient(settings.realtime_base_url, deadline=settings.call_timeout_seconds)
    return Refresher(
        client=clients.secrets(),
        token_secret_arn=settings.token_secret_arn,
        credentials_secret_arn=settings.credentials_secret_arn,
        perform=client.perform,
        lock=Lock(Table(clients.dynamodb(), settings.outcomes_table_name), "refresh"),
    )


@instrumented
def lambda_handler(event: dict[str, Any], _context: "LambdaContext") -> dict[str, str]:
    """Refresh the token; `{"refused": fingerprint}` asks for it on demand, anything else comes from the schedule."""
    try:
        outcome = _refresher().refresh(event.get("refused"))
    except Exception:
        counters.count(Metric.REFRESH_FAILURES)
        raise
    if outcome in _FAILURES:
        counters.count(Metric.REFRESH_FAILURES)
        logger.error("token not refreshed", extra={"outcome": outcome})
    else:
        logger.info("token", extra={"outcome": outcome})
    return {"outcome": outcome}
