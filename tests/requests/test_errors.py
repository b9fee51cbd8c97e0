"""How a refusal names its place, and that its text stays short."""

import pytest

from realtime_sms.requests.errors import InvalidInputError, Problem, not_json, place

FIELDS = ("recipients", "message", "text", "sender", "requestId", "metadata")


@pytest.mark.parametrize(
    ("steps", "where", "pointer"),
    [
        pytest.param([], "", "", id="the whole"),
        pytest.param(["sender"], "sender", "/sender", id="a field"),
        pytest.param(["message", "text"], "message.text", "/message/text", id="a field of a field"),
        pytest.param(["recipients", 2], "recipients[2]", "/recipients/2", id="an item"),
        pytest.param([3, "text"], "[3].text", "/3/text", id="a field of an item"),
        pytest.param(["reciepients"], "reciepients", "/reciepients", id="a misspelt field"),
        pytest.param(["request_id"], "request_id", "/request_id", id="our own spelling of a field"),
        pytest.param(["SENDER"], "SENDER", "/SENDER", id="capitals"),
        pytest.param(["sender1"], "[a name of 7 characters]", "", id="a digit behind a field"),
        pytest.param(["colour"], "[a name of 6 characters]", "", id="no field at all"),
        pytest.param(["ghp_aB"], "[a name of 6 characters]", "", id="a token"),
        pytest.param(["metadata", "a.b"], "metadata[a name of 3 characters]", "/metadata", id="a name in metadata"),
        pytest.param(["2"], "[a name of 1 characters]", "", id="a name that is a number"),
        pytest.param(["metadata", ""], "metadata[a name of 0 characters]", "/metadata", id="an empty name"),
        pytest.param(["+56911112222"], "[a name of 12 characters]", "", id="a phone number"),
        pytest.param(["tel-9-1111-2222"], "[a name of 15 characters]", "", id="a phone number in groups"),
        pytest.param(["Su clave es 1"], "[a name of 13 characters]", "", id="a text"),
        pytest.param(["a\x00"], "[a name of 2 characters]", "", id="a control character"),
        pytest.param(["a\n"], "[a name of 2 characters]", "", id="a line break at the end"),
        pytest.param(["\ud83d"], "[a name of 1 characters]", "", id="half a surrogate pair"),
        pytest.param(['a"]["b'], "[a name of 6 characters]", "", id="what would read as a path"),
        pytest.param(["x" * 65], "[a name of 65 characters]", "", id="a long name"),
    ],
)
def test_a_place_can_be_read_and_pointed_to(steps: list[str | int], where: str, pointer: str) -> None:
    """The path is for people, the pointer for programs; neither tells a name that could be a text or a number."""
    assert place(steps, FIELDS) == where
    assert Problem(where, "is wrong").pointer == pointer


@pytest.mark.parametrize(
    ("problem", "text"),
    [(Problem("sender", "is missing"), "sender: is missing"), (Problem("", "is no object"), "is no object")],
    ids=["with a place", "the whole"],
)
def test_a_problem_reads_place_first(problem: Problem, text: str) -> None:
    """What concerns the whole has no place to name."""
    assert str(problem) == text


def test_an_error_tells_all_its_problems() -> None:
    """A producer mends them in one go."""
    error = InvalidInputError([Problem("a", "is wrong"), Problem("b", "is missing")])
    assert str(error) == "a: is wrong; b: is missing"
    assert [problem.where for problem in error.problems] == ["a", "b"]


def test_an_error_with_thousands_of_problems_stays_short() -> None:
    """Its text is stored beside a dead letter, where SQS counts every byte; the problems themselves are all kept."""
    error = InvalidInputError(Problem(f"recipients[{index}]", "is wrong") for index in range(5000))
    assert len(error.problems) == 5000
    assert str(error).startswith("recipients[0]: is wrong; recipients[1]: is wrong; ")
    assert str(error).endswith("recipients[19]: is wrong; and 4980 more")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("trailing characters at line 2 column 7", "the body is not JSON: see line 2 column 7"),
        ("no such place in +56911112222", "the body is not JSON"),
    ],
    ids=["with a place", "without one"],
)
def test_a_parsers_words_are_not_passed_on(error: str, said: str) -> None:
    """Only the place is taken from them."""
    assert not_json(ValueError(error)) == said
