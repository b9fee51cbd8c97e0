"""Where the send function's CPU goes: the time of each part in its thread, without that of the parts within it."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import wraps
from threading import Lock, local
from typing import Any

from bench import workloads

REST = "deciding, and the hand-over between threads"


class _Split:
    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)
        self._lock = Lock()
        self._thread = local()

    def watch(self, owner: object, name: str, part: str) -> None:
        """Let what `owner` calls `name` be counted for a part."""
        watched: Callable[..., Any] = getattr(owner, name)

        @wraps(watched)
        def counted(*args: object, **kwargs: object) -> object:
            within: list[float] = self._thread.__dict__.setdefault("within", [])
            within.append(0.0)
            begin = time.thread_time()
            try:
                return watched(*args, **kwargs)
            finally:
                spent = time.thread_time() - begin
                own = spent - within.pop()
                if within:
                    within[-1] += spent
                with self._lock:
                    self.seconds[part] += own

        setattr(owner, name, counted)


def split(events: int, messages: int, recipients: int) -> dict[str, float]:
    """Invoke the send function as often as told, after a first time; give the CPU seconds of each part."""
    workloads.send(messages, recipients)
    parts = _Split()
    for owner, name, part in _watched():
        parts.watch(owner, name, part)
    total = workloads.repeat(workloads.send, events, messages, recipients)
    return dict(parts.seconds) | {REST: total - sum(parts.seconds.values())}


def _watched() -> Iterable[tuple[object, str, str]]:
    from botocore.client import BaseClient  # noqa: PLC0415 (what is measured is loaded in its own process only)

    from realtime_sms.aws.submissions import Submissions  # noqa: PLC0415
    from send import sender, wave  # noqa: PLC0415
    from send.submitter import Submitter  # noqa: PLC0415

    yield Submitter, "submit", "the call to RealTime"
    yield BaseClient, "_make_api_call", "botocore's requests to the table"
    yield Submissions, "swap", "writing and reading items"
    yield sender, "take_in", "opening the request and encoding its text"
    yield wave, "log_outcome", "the log line and the counts"
