"""Logs and metrics: structured, with request ids and masked numbers, and never a text, a token or a whole number."""

from aws_lambda_powertools import Logger

from realtime_sms.recipient import mask
from realtime_sms.submission import Submission

logger = Logger(service="realtime-sms", log_uncaught_exceptions=False)


def described(submission: Submission) -> dict[str, object]:
    """Say of a submission what a log may hold."""
    return {
        "requestId": submission.request_id,
        "recipient": mask(submission.recipient),
        "status": submission.status,
        "reason": submission.reason,
        "attempt": submission.attempt,
        "httpStatus": submission.http_status,
        "submissionId": submission.submission_id,
    }


def log_outcome(submission: Submission) -> None:
    """Log what a submission came to."""
    logger.info("submission", extra=described(submission))
