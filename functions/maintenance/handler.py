"""The maintenance function: every minute it ends what nothing else ends, and handles what RealTime reports later."""

import time
from functools import cache
from typing import TYPE_CHECKING, Any, Self

from maintenance.breaker_recovery import recover_breakers
from maintenance.current_metrics import measure_current
from maintenance.dead_letters import record_dead_letters
from maintenance.gates import set_gates
from maintenance.settings import MaintenanceSettings
from maintenance.status_queries import StatusQueries, ask_cost, ask_overdue
from maintenance.sweep import sweep
from maintenance.time_budget import TimeBudget
from maintenance.unmatched_reports import Settlement
from realtime_sms.aws import clients
from realtime_sms.aws.breakers import Breakers
from realtime_sms.aws.caps import DailyCap
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.lanes import Lanes
from realtime_sms.aws.queues import DeadLetters
from realtime_sms.aws.settings import read
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import Table
from realtime_sms.aws.telemetry import instrumented, logger
from realtime_sms.aws.tokens import TokenUnavailableError, ask_for_renewal, read_token
from realtime_sms.aws.unmatched_reports import UnmatchedReports
from realtime_sms.provider.client import RealTimeClient
from realtime_sms.vocabulary import MessageType

if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_lambda_powertools.utilities.typing import LambdaContext


@instrumented
def lambda_handler(_event: dict[str, Any], _context: "LambdaContext") -> dict[str, Any]:
    """Run once."""
    done = Maintenance.from_environment().run()
    logger.info("maintenance", extra=done)
    return done


class Maintenance:
    """What one run does; a part that fails does not keep the others from running."""

    def __init__(self, settings: MaintenanceSettings) -> None:
        self._settings = settings
        table = Table(clients.dynamodb(), settings.outcomes_table_name, ttl_days=settings.outcome_ttl_days)
        self._submissions, self._deliveries = Submissions(table), Deliveries(table)
        self._reported = Deliveries(table, ask_cost=settings.cost_asked_per_minute > 0)
        self._breakers, self._unmatched_reports = Breakers(table), UnmatchedReports(table)
        self._lanes, self._hours = Lanes(table), settings.hours
        self._dead_letters = DeadLetters(clients.sqs(), settings.dead_letter_queue_url)
        most = settings.max_segments_per_day
        self._daily_cap = DailyCap(table, most, settings.time_zone) if most else None
        self._client = RealTimeClient(settings.realtime_base_url, deadline=settings.call_timeout_seconds)

    @classmethod
    @cache
    def from_environment(cls) -> Self:
        """Return the environment's instance."""
        return cls(read(MaintenanceSettings))

    def run(self) -> dict[str, Any]:
        """Run every part; return what each did.

        Raises:
            ExceptionGroup: what went wrong, after all parts have run.

        """
        rules, swept = self._settings.rules, TimeBudget()
        most = self._settings.reports_asked_per_minute
        queries = self._queries(most) if most else None
        priced = self._queries(cost) if (cost := self._settings.cost_asked_per_minute) else None
        errors: list[Exception] = []
        done: dict[str, Any] = {}
        parts: dict[str, Callable[[], Any]] = {
            "ended": lambda: sweep(self._submissions, rules, time.time(), swept),
            "buried": lambda: record_dead_letters(
                self._dead_letters, self._submissions, self._settings.defaults, rules, TimeBudget()
            ),
            "closed": lambda: recover_breakers(
                self._breakers, self._client.perform, self._token, self._renew, now=time.time()
            ),
            "looked": lambda: measure_current(self._breakers, self._dead_letters, self._deliveries, self._daily_cap),
            "lanes": self._set_gates,
            # A report is matched only once all submissions are known that were given up.
            "reported": lambda: self._settle_reports(queries) if "ended" in done and not swept.cut else 0,
            "asked": lambda: ask_overdue(self._deliveries, self._submissions, queries, time.time()) if queries else 0,
            # Last, so that it is never in the way of overdue reports.
            "priced": lambda: ask_cost(self._deliveries, self._submissions, priced, time.time()) if priced else 0,
        }
        for name, part in parts.items():
            try:
                done[name] = part()
            except TokenUnavailableError as error:
                logger.error("no token", extra={"detail": str(error)})
            except Exception as error:  # noqa: BLE001 (raised below, when the other parts have run)
                errors.append(error)
        if errors:
            raise ExceptionGroup("maintenance", errors)
        return done

    def _queries(self, most: int) -> StatusQueries:
        return StatusQueries(self._client.perform, self._token, self._breakers, most=most)

    def _set_gates(self) -> dict[str, tuple[str, ...]]:
        mappings = {
            MessageType.TRANSACTIONAL: self._settings.transactional_mapping,
            MessageType.PROMOTIONAL: self._settings.promotional_mapping,
        }
        client, cap = clients.event_sources(), self._daily_cap
        return set_gates(self._lanes, self._breakers, self._hours, mappings, client, now=time.time(), cap=cap)

    def _settle_reports(self, queries: StatusQueries | None) -> int:
        return Settlement(self._unmatched_reports, self._reported, self._submissions, queries, time.time()).run()

    def _token(self) -> str:
        return read_token(clients.secrets(), self._settings.token_secret_arn).access_token

    def _renew(self, refused: str) -> None:
        ask_for_renewal(clients.functions(), self._settings.refresh_function_name, refused, wait=False)
