"""Whatever comes over the queue is a request or a refusal: never another error, and nothing private in its words."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from realtime_sms.requests.envelope import IdentifiedRequest, identity, open_envelope
from realtime_sms.requests.errors import InvalidInputError
from realtime_sms.requests.model import REQUEST_ID, SendRequest
from realtime_sms.requests.prepare import Defaults, prepare

TEXT = "canary text ñ"
NUMBER = "56911112222"
MESSAGE_ID = "4f0b0e0a-0000-4000-8000-000000000001"

_texts = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(categories=["Cc", "Cs", "Cf", "Zl"]), max_size=6),
    st.sampled_from(
        [TEXT, NUMBER, "+" + NUMBER, TEXT * 50, "\x00", "\ud800", "a" * 5000, "", "1e400", "0001-01-01T0:0Z"]
    ),
)
_numbers = st.one_of(
    st.integers(), st.floats(), st.sampled_from([10**400, -(10**4000), 1e308, 2**63, -0.0, 0, 6, int(NUMBER)])
)
_leaves = st.one_of(st.none(), st.booleans(), _numbers, _texts)
_fields = [*(field.alias or name for name, field in SendRequest.model_fields.items()), "text", "charset", "encoded"]
_names = st.one_of(st.sampled_from([*_fields, "detail", "id", "Type"]), _texts)
_values = st.recursive(
    _leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(_names, inner, max_size=5)),
    max_leaves=12,
)
_instants = st.builds(
    "{:04}-{:02}-{:02}T{:02}:00:00{}".format, *[st.integers(0, 9999), *[st.integers(0, 32)] * 3], _texts
)
_nearly: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "recipients": st.one_of(_values, st.lists(_texts, max_size=4)),
        "message": st.one_of(_values, st.fixed_dictionaries({"text": _texts})),
    },
    optional={name: _values for name in _fields[2:] if name not in {"text", "charset", "encoded"}}
    | {"expiresAt": _instants},
)
_events = st.fixed_dictionaries(
    {"id": _texts, "detail-type": _texts, "source": _texts, "detail": st.one_of(_nearly, _values)}
)
_deep = st.builds(
    lambda times, around: around[0] * times + "1" + around[1] * times,
    st.integers(1, 3000),
    st.sampled_from([("[", "]"), ('{"detail":', "}")]),
)


def _sns(message: str, message_id: str) -> str:
    return json.dumps({"Type": "Notification", "MessageId": message_id, "TopicArn": "arn", "Message": message})


_json = st.one_of(_values, _nearly, _events).map(json.dumps)
_bodies = st.one_of(
    _json, st.builds(_sns, _json, _texts), _deep, st.text(max_size=200), _json.map(lambda text: text[:-1])
)


def _outcome(body: str) -> IdentifiedRequest | InvalidInputError:
    try:
        return open_envelope(body, MESSAGE_ID)
    except InvalidInputError as error:
        return error


@settings(max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_bodies)
def test_a_hostile_body_is_a_request_or_a_refusal(body: str) -> None:
    """One kind of error, whose words are short, printable, and hold neither text nor number; and always an identity."""
    outcome = _outcome(body)
    known_as = identity(body, MESSAGE_ID)
    assert known_as.isascii()
    assert known_as.isprintable()
    assert 0 < len(known_as) <= 128
    if isinstance(outcome, IdentifiedRequest):
        assert outcome.request_id == known_as
        return
    told = str(outcome)
    assert 0 < len(told) < 10_000
    assert told.isprintable()
    assert TEXT not in told
    assert NUMBER not in told


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much])
@given(_nearly)
def test_what_is_a_request_can_be_composed(value: dict[str, Any]) -> None:
    """Each recipient gets a message: with an encoded text, or with the reason why there is none."""
    outcome = _outcome(json.dumps(value))
    if not isinstance(outcome, IdentifiedRequest):
        return
    messages = prepare(outcome, Defaults(sender="96000")).messages
    assert messages
    for message in messages:
        assert (message.encoded is None) is not (message.refusal is None)
        if message.refusal:
            assert TEXT not in str(message.refusal.problem)
            assert NUMBER not in str(message.refusal.problem)


def test_a_megabyte_of_unknown_fields_is_refused_in_few_words() -> None:
    """As large as SQS lets a message be."""
    outcome = _outcome(json.dumps({f"f{number}": 1 for number in range(80_000)}))
    assert isinstance(outcome, InvalidInputError)
    assert len(outcome.problems) > 80_000
    assert len(str(outcome)) < 2000


def test_a_request_ids_pattern_admits_no_note_of_ours() -> None:
    """Items of other kinds in the table are keyed with a `#`, which no producer's id can begin with."""
    assert "#" not in REQUEST_ID
