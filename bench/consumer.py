"""The straightforward consumer, as a fair peer: what its documentation shows, with clients that are made once.

Powertools' batch processor takes the messages one by one, its idempotency utility keeps each recipient from being sent
to twice (two writes each), its parameters utility caches the token, urllib3 posts, and an item records the outcome.
"""

import json
import os
from typing import Any

import boto3
import urllib3
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

_processor = BatchProcessor(event_type=EventType.SQS)
_config = IdempotencyConfig(event_key_jmespath="[requestId, recipient]", expires_after_seconds=45 * 86400)
_persistence = DynamoDBPersistenceLayer(table_name=os.environ["OUTCOMES_TABLE_NAME"])
_outcomes = boto3.resource("dynamodb").Table(os.environ["OUTCOMES_TABLE_NAME"])
_http = urllib3.PoolManager(retries=False, timeout=10.0)


@idempotent_function(data_keyword_argument="submission", config=_config, persistence_store=_persistence)  # type: ignore[untyped-decorator]
def _submit(submission: dict[str, Any]) -> str:
    """Send to one recipient and record what came of it."""
    token = parameters.get_secret(os.environ["TOKEN_SECRET_ARN"], transform="json", max_age=300)["access_token"]
    address, headers = os.environ["REALTIME_BASE_URL"] + "/api/sms", {"Authorization": f"Bearer {token}"}
    body = {name: submission[name] for name in ("sender", "message")} | {"recipients": [submission["recipient"]]}
    result: dict[str, str] = _http.request("POST", address, json=body, headers=headers).json()["submissions"][0]
    item = {"requestId": submission["requestId"], "recipient": submission["recipient"]}
    _outcomes.put_item(Item=item | {"status": result["status"], "submissionId": result["submissionId"]})
    return result["status"]


def _take(record: SQSRecord) -> None:
    request = json.loads(record.body)
    for recipient in request["recipients"]:
        _submit(submission=request | {"recipient": recipient})


def lambda_handler(event: dict[str, Any], context: Any) -> Any:  # noqa: ANN401 (as powertools has it)
    """Send what a batch of messages asks for."""
    _config.register_lambda_context(context)
    return process_partial_response(event=event, record_handler=_take, processor=_processor, context=context)
