"""The embedded AWS and our fakes answer as AWS does; where the embedded AWS does not, the difference is known."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import pytest
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError

from local.embedded_aws import EmbeddedAws
from tests.conftest import RefusedCalls
from tests.fakes.aws.account import FakeAws
from tests.fakes.aws.errors import Refused
from tests.fakes.aws.models import BadCallError, check
from tests.fakes.aws.sqs import SEND_QUEUE
from tests.fakes.tables import outcomes_table
from tests.recorded.dynamodb_facts import HELD_ITEM, TABLE
from tests.recorded.fact import MEBIBYTE, Fact
from tests.recorded.facts import FACTS
from tests.recorded.other_facts import schedule

type Answerer = Callable[[Fact], Any]


@pytest.fixture(scope="module")
def embedded() -> Iterator[Answerer]:
    """Yield what asks the embedded AWS as it is, without our check of calls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(EmbeddedAws, "middleware", None)
        with EmbeddedAws() as aws:
            session = aws.session()
            config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
            clients: dict[str, Any] = {
                name: session.client(name, config=config)
                for name in ("dynamodb", "sqs", "secretsmanager", "events", "lambda", "scheduler")
            }
            names = _resources(session.resource("dynamodb"), clients)

            def ask(fact: Fact) -> Any:  # noqa: ANN401 (as boto3 gives it)
                service, operation = fact.call.split(".")
                try:
                    return getattr(clients[service], xform_name(operation))(**_filled(fact.given, names))
                except ClientError as error:
                    return error.response

            yield ask


def _resources(tables: Any, clients: Mapping[str, Any]) -> dict[str, str]:  # noqa: ANN401 (boto3's)
    """Make what the facts are about; return what their names in angle brackets stand for."""
    outcomes_table(tables, TABLE)
    clients["dynamodb"].put_item(TableName=TABLE, Item=HELD_ITEM)
    sqs, secrets = clients["sqs"], clients["secretsmanager"]
    queue = sqs.create_queue(QueueName="facts", Attributes={"MaximumMessageSize": str(MEBIBYTE)})["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    clients["scheduler"].create_schedule(**_filled(schedule("held"), {"<queue ARN>": queue_arn}))
    other = sqs.create_queue(QueueName="received")["QueueUrl"]
    sqs.send_message(QueueUrl=other, MessageBody="body")
    (message,) = sqs.receive_message(QueueUrl=other)["Messages"]
    waiting = sqs.create_queue(QueueName="waiting")["QueueUrl"]
    sqs.send_message(QueueUrl=waiting, MessageBody="ends a wait at once")
    return {
        "<queue>": queue,
        "<queue ARN>": queue_arn,
        "<no queue>": queue.replace("facts", "none"),
        "<received>": other,
        "<waiting>": waiting,
        "<receipt>": message["ReceiptHandle"],
        "<empty secret>": secrets.create_secret(Name="empty")["ARN"],
        "<secret>": secrets.create_secret(Name="full", SecretString="{}")["ARN"],
    }


@pytest.fixture
def fakes(refused_calls: RefusedCalls) -> Iterator[Answerer]:
    """Yield what asks our fakes; a call that their check of models refuses counts as answered with AWS's error."""
    aws = FakeAws()
    aws.BatchExecuteStatement({"Statements": [_insert_of_held()]})
    aws.secrets["<secret>"] = "{}"

    def ask(fact: Fact) -> Any:  # noqa: ANN401 (as boto3 gives it)
        service, operation = fact.call.split(".")
        given = json.loads(
            json.dumps(_filled(fact.given, {"<queue>": SEND_QUEUE, "<received>": SEND_QUEUE, "<waiting>": SEND_QUEUE}))
        )
        try:
            check(service, operation, given)
            return aws.answer(operation, given)
        except BadCallError:
            return {"Error": {"Code": fact.answer}}
        except Refused as error:
            return {"Error": {"Code": str(error)}}

    yield ask
    refused_calls.take()


def _insert_of_held() -> dict[str, Any]:
    pairs = ", ".join(f"'{name}': ?" for name in HELD_ITEM)
    return {"Statement": f'INSERT INTO "{TABLE}" VALUE {{{pairs}}}', "Parameters": list(HELD_ITEM.values())}


def _filled(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 (JSON)
    """Replace names in angle brackets by what they stand for."""
    match value:
        case str():
            return names.get(value, value)
        case Mapping():
            return {name: _filled(one, names) for name, one in value.items()}
        case Sequence():
            return [_filled(one, names) for one in value]
    return value


def _holds(answer: Any, wanted: Any) -> bool:  # noqa: ANN401 (JSON)
    """Return True if an answer has at least what is wanted: all its members, and lists of the same length."""
    match wanted:
        case Mapping():
            return all(name in answer and _holds(answer[name], one) for name, one in wanted.items())
        case list():
            return len(answer) == len(wanted) and all(map(_holds, answer, wanted))
    return bool(answer == wanted)


def _check(answer: Any, fact: Fact) -> None:  # noqa: ANN401 (as boto3 gives it)
    wanted = {"Error": {"Code": fact.answer}} if isinstance(fact.answer, str) else fact.answer
    assert _holds(answer, wanted), answer
    assert "Error" in wanted or "Error" not in answer


def _expected_failure(reason: str) -> pytest.MarkDecorator:
    return pytest.mark.xfail(strict=True, raises=AssertionError, reason=reason)


def _facts(*, of_fakes: bool) -> list[Any]:
    return [
        pytest.param(
            fact,
            id=name,
            marks=[] if of_fakes or not fact.differs else [_expected_failure(fact.differs)],
        )
        for name, fact in FACTS.items()
        if fact.fakes or not of_fakes
    ]


def test_every_fact_names_its_source_and_a_date() -> None:
    """A file of a public repository, or a page of AWS."""
    for name, fact in FACTS.items():
        assert re.match(r"[\w-]+/[\w-]+ [\w/.-]+\.\w+( |$)|https://docs\.aws\.amazon\.com/", fact.recorded), name
        assert date.fromisoformat(fact.on) >= date(2022, 1, 1), name


@pytest.mark.parametrize("fact", _facts(of_fakes=False))
def test_the_embedded_aws_answers_as_recorded(embedded: Answerer, fact: Fact) -> None:
    """A strict expected failure is a difference that the decision for MiniStack lists."""
    _check(embedded(fact), fact)


@pytest.mark.parametrize("fact", _facts(of_fakes=True))
def test_our_fakes_answer_as_recorded(fakes: Answerer, fact: Fact) -> None:
    """Without exception."""
    _check(fakes(fact), fact)
