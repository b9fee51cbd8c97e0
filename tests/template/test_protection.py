"""What AWS does by default and must not: delete the table, run late schedules, make keys that nobody takes."""

from string import ascii_letters, digits
from typing import Any

import pytest

from callbacks.keys import CallbackKeys
from tests.fakes.aws.models import Checked
from tests.fakes.aws.secretsmanager import SecretsClient
from tests.template.rendered import rendered


def test_the_table_is_protected_from_deletion() -> None:
    """Without it, every message could be sent a second time."""
    assert rendered()["OutcomesTable"]["Properties"]["DeletionProtectionEnabled"] is True


def test_the_generated_callback_key_is_one_that_the_function_takes() -> None:
    """Secrets Manager puts one of each kind of character into it, but for a kind that is excluded as such."""
    wanted = rendered()["CallbackKeySecret"]["Properties"]["GenerateSecretString"]
    assert wanted["ExcludePunctuation"] is True
    assert not wanted.get("IncludeSpace")
    key = (ascii_letters + digits)[-wanted["PasswordLength"] :]
    client: Any = Checked("secretsmanager", SecretsClient({"AWSCURRENT": key}))
    assert CallbackKeys(client, "arn").accept(key)


@pytest.mark.parametrize(
    ("function", "schedule", "seconds"),
    [("MaintenanceFunction", "EveryMinute", 60), ("RefreshFunction", "Schedule", 300)],
)
def test_a_scheduled_invocation_is_dropped_when_the_next_one_is_due(function: str, schedule: str, seconds: int) -> None:
    """Lambda would keep it for six hours, and EventBridge for a day; the next one does the same work."""
    resources = rendered()
    dropped = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": seconds}
    (target,) = resources[f"{function}{schedule}"]["Properties"]["Targets"]
    invoked = resources[f"{function}EventInvokeConfig"]["Properties"]
    assert target["RetryPolicy"] == dropped
    assert {name: invoked[name] for name in dropped} == dropped
