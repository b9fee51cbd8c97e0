"""What the deployed stack holds of a person: exported, forgotten, and never sent to twice."""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from realtime_sms.aws.forgotten import MARKER
from realtime_sms.aws.table import Table, as_key
from realtime_sms.outcomes.submission import iso
from realtime_sms.vocabulary import Reason, Status
from rtsms.stack import Stack
from tests.cli.fakes import Ran, run
from tests.stack import function_log
from tests.stack.callers.operators import operator, permissions
from tests.stack.deployment import Deployment, left_behind, request_body
from tests.stack.signing import Caller, api_url, user

pytestmark = [pytest.mark.stack, pytest.mark.embedded]

NUMBER, OTHER = "+56926400001", "+56926400002"
DIGITS, TEXT = NUMBER.removeprefix("+"), "Quibrumal"  # in nothing by chance
BELIEVED = 6  # seconds; a send function believes for five what it read of the marker


@dataclass(frozen=True)
class Person:
    """A person to whom requests were sent, over the API and over the queue."""

    deployed: Deployment
    operator: Callable[..., Stack]
    posted: dict[str, Any]
    published: str

    def run(self, *arguments: str) -> Ran:
        """Run `rtsms` about the number, as an operator who may do only this."""
        return run(arguments[0], NUMBER, *arguments[1:], "--rate", "100000", "--json", stack=self.operator)

    def post(self) -> int:
        """Post the request to the API, as at the first time."""
        return user(self.deployed.stack, "*").call("POST", "/messages", self.posted).status

    def call_back(self, kind: str, **body: object) -> int:
        """Post a callback about the number, as RealTime does."""
        key = self.deployed.secrets.get_secret_value(SecretId=self.deployed.outputs["CallbackKeySecretArn"])
        path = f"/callbacks/{key['SecretString']}/{kind}"
        return Caller(api_url(self.deployed.stack)).call("POST", path, {"phone": DIGITS, **body}).status

    def told(self) -> str:
        """Return the whole table."""
        return json.dumps(self.deployed.table.scan(ConsistentRead=True)["Items"], default=str)

    def sent(self) -> list[int]:
        """Return how many calls named the person, and somebody else of the same request."""
        return [self.deployed.posts(one) for one in (NUMBER, OTHER)]


@pytest.fixture(scope="module")
def person(deployed: Deployment) -> Iterator[Person]:
    """Send two requests to a person, take reports and an opt-out."""
    marker: Any = as_key(MARKER) | {"createdAt": {"S": iso(time.time())}}  # read by the first send already
    deployed.dynamodb.put_item(TableName=deployed.outputs["OutcomesTableName"], Item=marker)
    ids = [deployed.new_id("person"), deployed.new_id(f"person-{DIGITS}")]
    posted = json.loads(request_body(ids[0], NUMBER, OTHER, text=TEXT, metadata={"phone": DIGITS, "order": "4711"}))
    actions = {one for command in ("export", "forget") for one in permissions()[command]}
    one = Person(deployed, operator(deployed, *actions), posted, request_body(ids[1], OTHER, NUMBER, text=TEXT))
    assert one.post() == 202
    deployed.publish(one.published)
    taken = deployed.outcomes(ids[0], 2)[NUMBER]["submissionId"]
    deployed.outcomes(ids[1], 2)
    assert [one.call_back("reports", id=submission_id, status=1) for submission_id in (taken, "77")] == [200, 200]
    assert one.call_back("inbound", originator="96000", message="BAJA") == 200
    yield one
    deployed.table.delete_item(Key={"requestId": "#optout", "recipient": NUMBER})


def test_a_person_gets_all_that_is_held_of_them(person: Person) -> None:
    """Two outcomes, the API's entry, an unmatched report, an opt-out; and nothing of others, and no text."""
    ran = person.run("export")
    assert (ran.code, ran.err) == (0, "")
    kinds = sorted(one["requestId"].partition("-")[0] for one in ran.answer["items"])
    assert kinds[-3:] == ["person"] * 3
    assert {"#optout", "#report"} <= {*kinds}
    assert "delivered" in {one.get("delivery") for one in ran.answer["items"]}
    assert OTHER not in ran.out
    assert TEXT not in ran.out


def test_forgetting_leaves_no_trace_and_sends_nothing_twice(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused while a request is unfinished; then killed half way, and repeated."""
    deployed, request_id = person.deployed, person.deployed.new_id("waiting")
    waiting = replace(left_behind(request_id, NUMBER, Status.WAITING), reason=Reason.SCHEDULED)
    deployed.plant(replace(waiting, due_at=time.time() + 86_400))
    refused = person.run("forget", "--yes")
    assert (refused.code, refused.error["where"]) == (1, f"requests {request_id}")
    assert "rtsms cancel" in refused.error["toDo"]
    assert run("cancel", request_id, "--json", stack=deployed.found).answer["cancelled"] == 1

    rewrite, written = Table.rewrite, list[object]()

    def killed(table: Table, before: Any, after: Any) -> bool:  # noqa: ANN401 (items)
        written.append(rewrite(table, before, after))
        if len(written) == 3:
            raise KeyboardInterrupt
        return True

    monkeypatch.setattr(Table, "rewrite", killed)
    assert person.run("forget", "--yes", "--wait", str(BELIEVED)).code == 130
    monkeypatch.setattr(Table, "rewrite", rewrite)
    assert DIGITS in person.told()
    ran = person.run("forget", "--yes", "--wait", str(BELIEVED))
    assert (ran.code, ran.answer["left"]) == (0, 0)
    assert DIGITS not in person.told()

    before = person.sent()
    assert person.post() == 202
    deployed.publish(person.published)
    deployed.settle(person.published)
    assert person.sent() == before == [2, 2]
    assert DIGITS not in person.told()


def test_a_forgotten_opt_out_holds_until_the_person_opts_in(person: Person) -> None:
    """The entry is a hash; a word by SMS ends it."""
    deployed, ids = person.deployed, [person.deployed.new_id("after") for _ in range(2)]
    deployed.publish(request_body(ids[0], NUMBER, text=TEXT))
    assert deployed.outcome(ids[0])["reason"] == "opted_out"
    assert run("optout", "show", NUMBER, "--json", stack=deployed.found).answer["source"] == "inbound"
    assert person.call_back("inbound", originator="96000", message="ALTA") == 200
    deployed.publish(request_body(ids[1], NUMBER, text=TEXT))
    assert deployed.outcome(ids[1])["status"] == "submitted"
    assert person.sent() == [3, 2]


def test_nothing_of_the_person_is_logged(person: Person) -> None:
    """Neither the number nor the text."""
    deployed = person.deployed
    told = "\n".join([*function_log.all_lines(deployed.session, deployed.stack.name), deployed.stack.server_log()])
    assert person.posted["requestId"] in told
    assert [one for one in (TEXT, DIGITS[2:], OTHER[3:]) if one in told.replace(f"person-{DIGITS}", "")] == []
