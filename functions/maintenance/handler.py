"""The watch function's entry: once a minute."""

import time
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from maintenance.breaker_recovery import recover_breakers
from maintenance.current_metrics import measure_current
from maintenance.dead_letters import record_dead_letters
from maintenance.overdue import ask_overdue
from maintenance.status_queries import StatusQueries
from maintenance.sweep import sweep
from maintenance.time_budget import TimeBudget
from maintenance.unmatched_reports import Settlement
from realtime_sms.aws import clients
from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.dead_letters import DeadLetters
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.logging import instrumented, logger
from realtime_sms.aws.renewal import ask_for_renewal
from realtime_sms.aws.settings import WatchSettings, read
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.token import TokenUnavailableError, read_token
from realtime_sms.aws.unmatched_reports import UnmatchedReports
from realtime_sms.provider.client import RealTimeClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext


class Watch:
    """What one run of the watch function does; one part that fails does not keep the others from running."""

    def __init__(self, settings: WatchSettings) -> None:
        self._settings = settings
        table = settings.outcomes_table_name
        self._submissions = Submissions(clients.dynamodb(), table, ttl_days=settings.outcome_ttl_days)
        self._breakers = Breakers(clients.dynamodb(), table)
        self._deliveries = Deliveries(clients.dynamodb(), table)
        self._strays = UnmatchedReports(clients.dynamodb(), table)
        self._letters = DeadLetters(clients.sqs(), settings.dead_letter_queue_url)
        self._gateway = RealTimeClient(settings.realtime_base_url, deadline=settings.call_timeout_seconds)

    @classmethod
    @cache
    def from_environment(cls) -> Self:
        """Give the environment's watch."""
        return cls(read(WatchSettings))

    def run(self) -> dict[str, Any]:
        """Sweep, bury, cure, and see to reports; say what was done.

        Raises:
            ExceptionGroup: what went wrong, after all parts have run.

        """
        rules, enquiry, swept = self._settings.rules, self._enquiry(), TimeBudget()
        errors: list[Exception] = []
        done: dict[str, Any] = {}
        parts: dict[str, Callable[[], Any]] = {
            "ended": lambda: sweep(self._submissions, rules, time.time(), swept),
            "buried": lambda: record_dead_letters(
                self._letters, self._submissions, self._settings.defaults, rules, TimeBudget()
            ),
            "closed": lambda: recover_breakers(
                self._breakers, self._gateway.exchange, self._token, self._renew, now=time.time()
            ),
            "looked": lambda: measure_current(self._breakers, self._letters, self._deliveries),
            # needs to know of all who gave up
            "reported": lambda: self._settle_strays(enquiry) if "ended" in done and not swept.cut else 0,
            "asked": lambda: ask_overdue(self._deliveries, self._submissions, enquiry, time.time()) if enquiry else 0,
        }
        for name, part in parts.items():
            try:
                done[name] = part()
            except TokenUnavailableError as error:
                logger.error("no token", extra={"detail": str(error)})
            except Exception as error:  # noqa: BLE001 (raised below, when the other parts have run)
                errors.append(error)
        if errors:
            raise ExceptionGroup("watch", errors)
        return done

    def _enquiry(self) -> StatusQueries | None:
        most = self._settings.reports_asked_per_minute
        return StatusQueries(self._gateway.exchange, self._token, self._breakers, most=most) if most else None

    def _settle_strays(self, enquiry: StatusQueries | None) -> int:
        return Settlement(self._strays, self._deliveries, self._submissions, enquiry, time.time()).run()

    def _token(self) -> str:
        return read_token(clients.secrets(), self._settings.token_secret_arn).access_token

    def _renew(self, refused: str) -> None:
        ask_for_renewal(self._settings.refresh_function_name, refused)


@instrumented
def lambda_handler(_event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Run the watch once."""
    done = Watch.from_environment().run()
    logger.info("watch", extra=done)
    return done
