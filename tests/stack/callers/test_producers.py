"""The examples of docs/sending.md, each run by a user with only the permissions that the page shows."""

import json
import re
import uuid
from collections.abc import Mapping
from pathlib import Path
from string import Template

import pytest

from realtime_sms.encoding.text import encode
from tests.docs.examples_page import DOCS, Block, block
from tests.stack.deployment import Deployment
from tests.stack.examples import environment, run

pytestmark = [pytest.mark.stack, pytest.mark.embedded]

RECIPIENT = "+56912345678"
SAMPLE = "+56900000000"
WAYS = {  # example: what is made once beforehand, and what the producer needs
    "cli": ((), "policy-sqs"),
    "boto3": ((), "policy-sqs"),
    "node": ((), "policy-sqs"),
    "sns": (("sns-setup",), "policy-sns"),
    "sns-raw": (("sns-setup", "sns-raw-setup"), "policy-sns"),
    "eventbridge": (("eventbridge-setup",), "policy-eventbridge"),
    "curl": ((), "policy-curl"),
}


def _producer(deployed: Deployment, policy: str | None) -> dict[str, str]:
    """Create a user with a policy of the page, or with none; return the environment in which the user runs examples."""
    variables = environment(deployed)
    iam = deployed.session.client("iam")
    name = f"producer-{uuid.uuid4()}"
    iam.create_user(UserName=name)
    if policy is not None:
        document = Template(block(policy).text).substitute(variables)
        iam.put_user_policy(UserName=name, PolicyName="publish", PolicyDocument=document)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    own = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
    return {**variables, **own}


def _check_sent(deployed: Deployment, example: Block) -> None:
    assert deployed.outcome(example.request_id)["status"] == "submitted"
    shown = encode(example.message, policy="plain").text
    assert deployed.texts(RECIPIENT).count(shown) == 1


@pytest.mark.parametrize("way", WAYS)
def test_an_example_sends_one_message(deployed: Deployment, tmp_path: Path, way: str) -> None:
    """The page's permissions are enough, and its message arrives."""
    beforehand, policy = WAYS[way]
    for setup in beforehand:
        run(block(setup), tmp_path, environment(deployed))
    run(block(way), tmp_path, _producer(deployed, policy))
    _check_sent(deployed, block(way))


def test_an_example_that_is_run_again_sends_nothing_more(deployed: Deployment, tmp_path: Path) -> None:
    """Its request has an id. Publishing twice to the queue is tested in test_sending."""
    caller = _producer(deployed, "policy-curl")
    first, again = (json.loads(run(block("curl"), tmp_path, caller)) for _ in range(2))
    assert first == again
    _check_sent(deployed, block("curl"))


def test_an_example_is_refused_without_the_permission(deployed: Deployment, tmp_path: Path) -> None:
    """The caller is a user of the account without permissions."""
    with pytest.raises(AssertionError, match="AccessDenied"):
        run(block("cli"), tmp_path, _producer(deployed, None))


def test_the_outcome_can_be_asked_for(deployed: Deployment, tmp_path: Path) -> None:
    """The same caller asks for it by the request's id."""
    caller = _producer(deployed, "policy-curl")
    accepted = json.loads(run(block("curl"), tmp_path, caller))
    deployed.outcome(accepted["requestId"])
    shown = json.loads(run(block("curl-outcome"), tmp_path, caller))
    assert [one["status"] for one in shown["recipients"]] == ["submitted"]


def test_the_stacks_outputs_become_variables(deployed: Deployment, tmp_path: Path) -> None:
    """All of them, unchanged; the API's address is AWS's own, which this machine does not reach."""
    run(block("outputs", DOCS / "deploy.md"), tmp_path, environment(deployed))
    told = dict(re.findall(r"^export (\w+)='(.*)'$", (tmp_path / "outputs.env").read_text(), re.MULTILINE))
    reachable = {name: value for name, value in told.items() if ".execute-api." not in value}
    assert set(told) == set(deployed.outputs)
    assert reachable == {name: deployed.outputs[name] for name in reachable}


def _accepted_as_sample(deployed: Deployment, example: str, folder: Path, caller: Mapping[str, str], text: str) -> None:
    before = deployed.texts(SAMPLE).count(text)
    accepted = json.loads(run(block(example), folder, caller))
    (outcome,) = deployed.outcomes(accepted["requestId"]).values()
    assert (outcome["status"], outcome["recipient"]) == ("submitted", SAMPLE)
    assert deployed.texts(SAMPLE).count(text) == before + 1


def test_a_client_of_realtime_moves_over(deployed: Deployment, tmp_path: Path) -> None:
    """RealTime and the API accept the same body, and the phone shows the same text."""
    token = json.loads(deployed.secrets.get_secret_value(SecretId=deployed.outputs["TokenSecretArn"])["SecretString"])
    variables = {"RealTimeUrl": deployed.stack.realtime_url, "RealTimeToken": token["access_token"]}
    caller = {**_producer(deployed, "policy-moved"), **variables}
    before = json.loads(run(block("realtime"), tmp_path, caller))
    assert [one["status"] for one in before["submissions"]] == ["submitted"]
    assert "hello" in deployed.texts(SAMPLE)
    _accepted_as_sample(deployed, "moved", tmp_path, caller, "hello")
    _accepted_as_sample(deployed, "moved-charset-6", tmp_path, caller, "āĉġ")
