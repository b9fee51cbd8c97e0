"""Stray reports: brought to their submission once that is known, or taken for proof of one that was given up."""

from dataclasses import dataclass, field

from maintenance.changes import carry_out
from maintenance.status_queries import StatusQueries
from maintenance.time_budget import TimeBudget
from realtime_sms.aws.deliveries import Deliveries
from realtime_sms.aws.submissions import Key, Submissions
from realtime_sms.aws.unmatched_reports import UnmatchedReport, UnmatchedReports
from realtime_sms.outcomes import submission
from realtime_sms.outcomes.decide import Change
from realtime_sms.outcomes.match import PATIENCE, find_match
from realtime_sms.outcomes.submission import ASK_AFTER
from realtime_sms.provider.reports import Report

_RUN = 500  # reports looked at in one run
_MANY = 100  # submissions to one number that are looked at


@dataclass(frozen=True, slots=True)
class Settlement:
    """One run over the reports that are due at `now` (epoch seconds); without an enquiry RealTime is not asked."""

    strays: UnmatchedReports
    deliveries: Deliveries
    submissions: Submissions
    enquiry: StatusQueries | None
    now: float
    share: TimeBudget = field(default_factory=TimeBudget)

    def run(self) -> int:
        """Look at each; give how many found their submission."""
        return sum(map(self._settle, self.share.of(self.strays.due(self.now, _RUN))))

    def _settle(self, stray: UnmatchedReport) -> bool:
        report = stray.report
        found = self.deliveries.find(report.submission_id)
        mine = [key for key in found if key[1] == report.recipient]
        if not found and self.now >= stray.received_at + PATIENCE:
            mine = self._prove(stray)
        for key in mine:
            self.deliveries.record(key, report.submission_id, report.update, self.now)
        if mine:
            self.strays.drop(stray)
        else:
            self.strays.put_off(stray, self.now)
        return bool(mine)

    def _prove(self, stray: UnmatchedReport) -> list[Key]:
        """Settle the one submission that the report must be of, if there is one; give its key."""
        report = stray.report
        keys = self.deliveries.untraced(report.recipient, _MANY + 1)
        untraced = [one for one in self.submissions.read(keys).values() if one.untraced]
        if not untraced or len(keys) > _MANY:  # one that is not looked at may be it
            return []
        registered = self._registered(report)
        if registered is None and self.enquiry is not None:
            return []
        one = find_match(untraced, received_at=stray.received_at, registered=registered)
        if one is None:
            return []
        ask_at = None if self.enquiry is None else self.now + ASK_AFTER[0]
        proven = submission.match_report(one, report.submission_id, ask_at=ask_at, now=self.now)
        return [(one.request_id, one.recipient)] if carry_out([Change(one, proven)], self.submissions) else []

    def _registered(self, report: Report) -> float | None:
        """Say when RealTime took the message that is reported, if it can be asked and tells."""
        info = self.enquiry.ask(report.submission_id) if self.enquiry is not None else None
        return None if info is None else info.registered
