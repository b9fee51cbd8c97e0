"""Look up what jobs need before they are delivered; put them off until `soon` if the table does not answer."""

from collections.abc import Sequence
from dataclasses import replace

from realtime_sms.aws.forgotten import Forgotten
from realtime_sms.aws.submissions import Submissions
from realtime_sms.aws.table import StoreUnavailableError
from realtime_sms.outcomes.decide import Done, Later
from send.messages import Job


def read_known(jobs: Sequence[Job], submissions: Submissions, soon: Later) -> None:
    """Read what the table holds of these jobs."""
    try:
        found = submissions.read((job.request_id, one) for job in jobs for one in job.recipients)
    except StoreUnavailableError:
        _put_off(jobs, soon)
        return
    for job in jobs:
        job.found = {one: found.get((job.request_id, one)) for one in job.recipients}


def end_forgotten(jobs: Sequence[Job], forgotten: Forgotten, soon: Later) -> None:
    """End recipients of whom only a hash is left, and let messages recognise the keyed hash of their content."""
    try:
        found = forgotten.finished([(job.request_id, one) for job in jobs for one in job.recipients])
    except StoreUnavailableError:
        _put_off(jobs, soon)
        return
    for job in jobs:
        job.messages = [replace(one, hides=forgotten.hashes.hides) for one in job.messages]
        job.ends |= {one: Done() for one in job.recipients if (job.request_id, one) in found}


def _put_off(jobs: Sequence[Job], soon: Later) -> None:
    for job in jobs:
        job.ends = dict.fromkeys(job.recipients, soon)
