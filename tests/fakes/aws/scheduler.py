"""EventBridge Scheduler in memory, as far as the functions call it."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from tests.fakes.aws.models import Checked

GROUP, ROLE = "schedules", "arn:aws:iam::000000000000:role/schedule"
QUEUE, DEAD_LETTERS = (f"arn:aws:sqs:sa-east-1:000000000000:{name}" for name in ("send", "dead"))


class FakeScheduler:
    """The schedules of one group by name; `refuses` fails every call: with an error code, or an error and a message."""

    def __init__(self) -> None:
        self.schedules: dict[str, Mapping[str, Any]] = {}
        self.refuses: tuple[str, str] | Exception | None = None
        self.calls = 0

    @property
    def client(self) -> Any:  # noqa: ANN401 (as boto3's)
        """Return a client whose calls are checked against AWS's model."""
        return Checked("scheduler", self)

    def fire(self) -> list[str]:
        """Return the messages of all schedules, and delete these."""
        bodies = [schedule["Target"]["Input"] for schedule in self.schedules.values()]
        self.schedules.clear()
        return bodies

    def create_schedule(self, **request: Any) -> dict[str, Any]:  # noqa: ANN401 (as boto3 takes it)
        """Keep a schedule under its name."""
        self._begin("CreateSchedule")
        if request["Name"] in self.schedules:
            raise _error("CreateSchedule", "ConflictException")
        self.schedules[request["Name"]] = request
        return {}

    def get_schedule(self, *, GroupName: str, Name: str) -> Mapping[str, Any]:  # noqa: N803 (AWS's names)
        """Return a schedule."""
        self._begin("GetSchedule")
        return self._of(GroupName, Name)

    def delete_schedule(self, *, GroupName: str, Name: str) -> dict[str, Any]:  # noqa: N803
        """Delete a schedule."""
        self._begin("DeleteSchedule")
        self._of(GroupName, Name)
        del self.schedules[Name]
        return {}

    def _begin(self, operation: str) -> None:
        self.calls += 1
        if isinstance(self.refuses, Exception):
            raise self.refuses
        if self.refuses is not None:
            raise _error(operation, *self.refuses)

    def _of(self, group: str, name: str) -> Mapping[str, Any]:
        found = self.schedules.get(name)
        if found is None or found["GroupName"] != group:
            raise _error("GetSchedule", "ResourceNotFoundException")
        return found


def _error(operation: str, code: str, message: str = "") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)
