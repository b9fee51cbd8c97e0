"""Names of the template that deployments and pipelines use: one may be added, to the lists here too; none may go."""

from tests.template.rendered import template

PARAMETERS = {
    *("RealTimeBaseUrl", "CallTimeoutSeconds", "RecipientsPerCall", "DefaultSender", "DefaultRegion"),
    *(
        "PlainTextPrefixes",
        "AllowedPrefixes",
        "MaxConcurrency",
        "PromotionalConcurrency",
        "PromotionalShare",
        "CallsInFlight",
        "MaxPerSecond",
        "MaxAttempts",
        "PublisherArns",
    ),
    *(
        "PublisherTopicArns",
        "PublisherRuleArns",
        "ReportsAskedPerMinute",
        "CostAskedPerMinute",
        "OptOutWords",
        "OptInWords",
    ),
    *("ApiKeyRequired", "ApiRateLimit", "ApiBurstLimit", "OutcomeTtlDays", "LogRetentionDays", "KmsKeyArn"),
    *(
        "WarmThroughput",
        "Architecture",
        "Tracing",
        "SnapStart",
        "AlarmEmail",
        "AlarmTopicArn",
        "FailuresAlarmThreshold",
    ),
    *("TimeZone", "MaxSegmentsPerDay", "MaxPerRecipient", "PromotionalHours", "PromotionalHolidays", "OptOutScope"),
    *("InboundText", "RetryServerErrors", "CallbackRateLimit", "CallbackBurstLimit"),
}
OUTPUTS = {
    *("AlarmTopicArn", "SendQueueUrl", "SendQueueArn", "DeadLetterQueueUrl", "ApiUrl", "ApiId", "ApiFunctionName"),
    *(
        "ApiKeyId",
        "CallbackUrl",
        "CallbackKeySecretArn",
        "ForgetKeySecretArn",
        "ReportsFunctionName",
        "OutcomeBusName",
        "OutcomeBusArn",
    ),
    *("UnannouncedQueueUrl", "AnnounceFunctionName", "OutcomesTableName", "TokenSecretArn", "CredentialsSecretArn"),
    *("RefreshFunctionName", "WatchFunctionName", "SendFunctionName", "PromotionalQueueUrl", "PromotionalQueueArn"),
    *("CallbacksFunctionName", "MaintenanceFunctionName", "ScheduleGroupName"),
}
KEEP_DATA = {  # what is stored in them would be lost under another logical id
    *("OutcomesTable", "SendQueue", "PromotionalQueue", "DeadLetterQueue", "UnannouncedQueue", "OutcomeBus", "Api"),
    *("TokenSecret", "CredentialsSecret", "CallbackKeySecret", "ForgetKeySecret"),
    *("ApiLogs", "SendLogs", "RefreshLogs", "WatchLogs", "ReportsLogs", "AnnounceLogs"),
}


def test_no_parameter_goes() -> None:
    """A deployment that sets it would fail."""
    assert template()["Parameters"].keys() == PARAMETERS


def test_every_parameter_has_a_default() -> None:
    """An upgrade asks for no new value."""
    assert all("Default" in one for one in template()["Parameters"].values())


def test_no_output_goes() -> None:
    """A script that reads it would fail."""
    assert template()["Outputs"].keys() == OUTPUTS


def test_a_deprecated_output_has_the_value_of_its_successor() -> None:
    """Under both names, it is the same function."""
    outputs = template()["Outputs"]
    deprecated = {name: one for name, one in outputs.items() if one["Description"].startswith("Deprecated")}
    assert deprecated.keys() == {"ReportsFunctionName", "WatchFunctionName"}
    for one in deprecated.values():
        successor = one["Description"].removeprefix("Deprecated: use ").removesuffix(".")
        assert one["Value"] == outputs[successor]["Value"]


def test_what_holds_data_keeps_its_logical_id() -> None:
    """CloudFormation deletes a resource under an old logical id, with all that is in it."""
    assert template()["Resources"].keys() >= KEEP_DATA
