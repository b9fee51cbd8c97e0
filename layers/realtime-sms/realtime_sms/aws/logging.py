"""Logs: structured, with request ids and masked numbers, and never a text, a token or a whole number.

Each line says which invocation wrote it, and whether that was the first of its environment.
"""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from aws_lambda_powertools import Logger

from realtime_sms.aws.metrics import counters
from realtime_sms.outcomes.submission import Submission
from realtime_sms.requests.recipients import mask

logger = Logger(
    log_uncaught_exceptions=False,
    # powertools would make an encoder for each line, and try each message for JSON: a third of what a line costs
    json_serializer=json.JSONEncoder(default=str, separators=(",", ":"), ensure_ascii=False).encode,
    json_deserializer=str,
)


class _Invocation(Protocol):
    @property
    def aws_request_id(self) -> str: ...


def instrumented[E, C: _Invocation, R](handler: Callable[[E, C], R]) -> Callable[[E, C], R]:
    """Let each line that a handler logs name its invocation, and write the metrics when it ends, however it does."""
    first = True

    @wraps(handler)
    def observing(event: E, context: C) -> R:
        nonlocal first
        logger.append_keys(function_request_id=context.aws_request_id, cold_start=first)
        first = False
        try:
            return handler(event, context)
        finally:
            counters.write()

    return observing


def described(submission: Submission) -> dict[str, Any]:
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


def log_outcome(submission: Submission, *, message_id: str | None = None) -> None:
    """Log and count what a submission came to; `message_id` is that of the queue message that brought it."""
    counters.outcome(submission)
    brought = {} if message_id is None else {"messageId": message_id}
    logger.info("submission", extra=described(submission) | brought)
