"""What the deployed stack spent, as `rtsms usage` adds it up from what RealTime told of each message."""

import gzip
import json
import time
from collections.abc import Iterator
from decimal import Decimal

import pytest

from realtime_sms.outcomes.submission import iso
from realtime_sms.vocabulary import Status
from tests.cli.fakes import run
from tests.fakes.submissions import item_of
from tests.stack.callers.operators import operator, permissions
from tests.stack.deployment import Deployment, left_behind, request_body
from tests.stack.signing import api_url

pytestmark = [pytest.mark.stack, pytest.mark.embedded]

PRICES = {"+": "0", "+569265": "0.35", "+5692651": "0.07", "+346555": "1.29"}  # what other tests send costs nothing
TEXTS = {"+56926510001": "hola", "+56926500001": "a" * 400, "+34655512345": "ñandú ☕ " * 20, "+56926510002": "b" * 161}
SEGMENTS = 1 + 3 + 3 + 2
REFUSED = "+56926500003"
ASKED = {"COST_ASKED_PER_MINUTE": "600"}


@pytest.fixture
def spent(deployed: Deployment) -> Iterator[Decimal]:
    """Set prices; give the balance before anything is sent."""
    deployed.simulator("POST", "state", {"prices": PRICES})
    yield Decimal(deployed.simulator("GET", "state")["balance"])
    deployed.simulator("POST", "state", {"prices": {}})


def test_the_costs_add_up_to_what_the_account_was_debited(deployed: Deployment, spent: Decimal) -> None:
    """To the cent, after the reports have come and RealTime was asked."""
    campaign = deployed.new_id("usage")
    deployed.simulator("POST", "outcomes", {REFUSED: "http_400"})
    ids = [f"{campaign}.{place}" for place in range(len(TEXTS) + 1)]
    sent = zip(ids, [*TEXTS.items(), (REFUSED, "refused")], strict=True)
    deployed.publish(*(request_body(one, number, text=text, campaign=campaign) for one, (number, text) in sent))
    ends = [deployed.outcome(one) for one in ids]
    taken = [one for one in ends if one["status"] == "submitted"]
    assert len(taken) == len(TEXTS)

    key = deployed.secrets.get_secret_value(SecretId=deployed.outputs["CallbackKeySecretArn"])["SecretString"]
    wanted = {"callbackUrl": f"{api_url(deployed.stack)}/callbacks/{key}/reports"}
    with deployed.variables("CallbacksFunctionName", **ASKED), deployed.variables("MaintenanceFunctionName", **ASKED):
        deployed.simulator("POST", "deliver", wanted | {"submissionIds": [one["submissionId"] for one in taken]})
        for one in taken:  # RealTime is asked a minute after the report
            deployed.table.update_item(
                Key={"requestId": one["requestId"], "recipient": one["recipient"]},
                UpdateExpression="SET openUntil = :past",
                ExpressionAttributeValues={":past": iso(time.time() - 1)},
            )
        deployed.invoke("MaintenanceFunctionName")

    debited = spent - Decimal(deployed.simulator("GET", "state")["balance"])
    mine = operator(deployed, *permissions()["usage"])
    ran = run("usage", "--by", "campaign", "--rate", "100000", "--json", stack=mine)
    (found,) = [one for one in ran.lines if one["group"] == campaign]
    assert (
        Decimal(found["cost"])
        == debited
        == Decimal("0.07") + 3 * Decimal("0.35") + 3 * Decimal("1.29") + Decimal("0.14")
    )
    assert (found["sms"], found["priced"], found["segments"], found["failed"]) == (len(TEXTS), len(TEXTS), SEGMENTS, 1)


def test_an_export_in_s3_is_read_with_its_own_permissions(deployed: Deployment) -> None:
    """Without them, the error names the call that was refused."""
    s3, bucket = deployed.session.client("s3"), deployed.new_id("export")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})  # type: ignore[typeddict-item]  # any region
    item = item_of(left_behind("exported", "+56926500004", Status.SUBMITTED))
    summary = {"outputFormat": "DYNAMODB_JSON", "exportType": "FULL_EXPORT", "itemCount": 1}
    s3.put_object(Bucket=bucket, Key="AWSDynamoDB/1/manifest-summary.json", Body=json.dumps(summary))
    data = gzip.compress(json.dumps({"Item": item}).encode())
    s3.put_object(Bucket=bucket, Key="AWSDynamoDB/1/data/a.json.gz", Body=data)
    options = ["usage", "--export", f"s3://{bucket}", "--json"]
    ran = run(*options, stack=operator(deployed, "s3:ListBucket", "s3:GetObject"))
    assert (ran.err, ran.answer["sms"]) == ("", 1)
    for allowed, refused in (("dynamodb:Scan", "ListObjectsV2"), ("s3:ListBucket", "GetObject")):
        ran = run(*options, stack=operator(deployed, allowed))
        assert (ran.code, ran.error["where"]) == (4, f"AWS {refused}")
        assert "not allowed" in ran.error["what"]
