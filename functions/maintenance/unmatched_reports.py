"""Settle reports with an unknown id: by the submission with that id, or by a match with one that is unknown."""

from dataclasses import dataclass, field

from maintenance.changes import apply_all
from maintenance.status_queries import StatusQueries
from maintenance.time_budget import TimeBudget
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import Key
from realtime_sms.aws.unmatched_reports import UnmatchedReport, UnmatchedReports
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.match import PATIENCE, find_match
from realtime_sms.outcomes.submission import ASK_AFTER, Submission
from realtime_sms.provider.reports import Report

_RUN = 500  # reports looked at in one run
_MANY = 100  # submissions to one number that are looked at


@dataclass(frozen=True, slots=True)
class Settlement:
    """One run over the reports that are due at `now` (epoch seconds); without queries RealTime is not asked."""

    unmatched_reports: UnmatchedReports
    deliveries: Deliveries
    submissions: Submissions
    queries: StatusQueries | None
    now: float
    budget: TimeBudget = field(default_factory=TimeBudget)

    def run(self) -> int:
        """Look at each; return how many found their submission."""
        return sum(map(self._settle, self.budget.of(self.unmatched_reports.due(self.now, _RUN))))

    def _settle(self, unmatched: UnmatchedReport) -> bool:
        report = unmatched.report
        found = self.deliveries.find(report.submission_id)
        mine = [key for key in found if key[1] == report.recipient]
        if not found and self.now >= unmatched.received_at + PATIENCE:
            mine = self._match(unmatched)
        for key in mine:
            self.deliveries.record(key, report.submission_id, report.update, self.now)
        if mine:
            self.unmatched_reports.drop(unmatched)
        else:
            self.unmatched_reports.put_off(unmatched, self.now)
        return bool(mine)

    def _match(self, unmatched: UnmatchedReport) -> list[Key]:
        """Match the report with the one submission that it must be of, if there is one; return its key."""
        report = unmatched.report
        keys = self.deliveries.untraced(report.recipient, _MANY + 1)
        found = list(self.submissions.read(keys).values())
        known = [one for one in found if isinstance(one, Submission)]
        untraced = [one for one in known if one.untraced]
        if not untraced or len(keys) > _MANY or len(known) < len(found):  # one that is not looked at may be it
            return []
        registered = self._registered(report)
        if registered is None and self.queries is not None:
            return []
        one = find_match(untraced, received_at=unmatched.received_at, registered=registered)
        if one is None:
            return []
        ask_at = None if self.queries is None else self.now + ASK_AFTER[0]
        proven = submission.match_report(one, report.submission_id, ask_at=ask_at, now=self.now)
        return [(one.request_id, one.recipient)] if apply_all([Change(one, proven)], self.submissions) else []

    def _registered(self, report: Report) -> float | None:
        """Return when RealTime took the reported message (epoch seconds), if it can be asked and says so."""
        info = self.queries.ask(report.submission_id) if self.queries is not None else None
        return None if info is None else info.registered
