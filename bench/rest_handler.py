"""A REST handler as powertools' pages show it: routing and validation are the library's, the models are ours.

It takes a request, writes it down and puts it on the queue. Like our API, it makes its clients at their first use.
"""

import os
from functools import cache
from typing import Any
from uuid import uuid4

import boto3
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response

from realtime_sms.requests.model import SendRequest

_app = APIGatewayRestResolver(enable_validation=True)
_client: Any = cache(boto3.client)


@_app.post("/messages")
def _accept(request: SendRequest) -> Response[dict[str, str]]:
    request_id = request.request_id or str(uuid4())
    key = {"requestId": {"S": request_id}, "recipient": {"S": "request"}}
    _client("dynamodb").put_item(TableName=os.environ["OUTCOMES_TABLE_NAME"], Item=key)
    message = request.model_dump_json(by_alias=True)
    _client("sqs").send_message(QueueUrl=os.environ["SEND_QUEUE_URL"], MessageBody=message)
    return Response(202, body={"requestId": request_id})


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401 (as powertools has it)
    """Answer one request."""
    return _app.resolve(event, context)
