"""The custom SMS sender of a Cognito user pool: decrypts a code and puts it on the send queue."""

import base64
import hashlib
import json
import os
from datetime import UTC, datetime, timedelta
from typing import Any

import aws_encryption_sdk
import boto3

VALID = timedelta(minutes=15)  # nobody waits longer for a code

sqs = boto3.client("sqs")
client = aws_encryption_sdk.EncryptionSDKClient(
    commitment_policy=aws_encryption_sdk.CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT  # Cognito commits to no key
)
keys = aws_encryption_sdk.StrictAwsKmsMasterKeyProvider(key_ids=[os.environ["KEY_ARN"]])


def handler(event: dict[str, Any], _context: object) -> None:
    """Publish a request for the code of the event. Raise if it cannot, so that Cognito tries again."""
    encrypted = base64.b64decode(event["request"]["code"])
    code, _ = client.decrypt(source=encrypted, key_provider=keys)
    request = {
        # The same event has the same id: if Cognito tries again, the code is still sent once.
        "requestId": f"cognito-{hashlib.sha256(encrypted).hexdigest()}",
        "recipients": [event["request"]["userAttributes"]["phone_number"]],
        "message": {"text": os.environ["TEXT"].format(code=code.decode())},
        "expiresAt": (datetime.now(UTC) + VALID).isoformat(),
        "messageType": "transactional",
        "campaign": "cognito",
        "metadata": {"trigger": event["triggerSource"]},
    }
    sqs.send_message(QueueUrl=os.environ["SEND_QUEUE_URL"], MessageBody=json.dumps(request))
