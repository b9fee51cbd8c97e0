"""`rtsms bulk`: list the bad rows and the cost first, then publish."""

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from realtime_sms.aws.queues import NotTaken
from realtime_sms.requests.model import CAMPAIGN
from realtime_sms.requests.prepare import Defaults
from rtsms.bulk.campaign import Campaign
from rtsms.bulk.mail_merge import MailMerge, request_id
from rtsms.bulk.open_file import open_file
from rtsms.bulk.publisher import Publisher
from rtsms.bulk.template import Template
from rtsms.bulk.validation import ValidatedFile, validate
from rtsms.errors import CommandError
from tests.cli.fakes import FakeStack, Ran, fake_stack, run

TEXT = "Hola {{nombre}}, su pedido {{pedido}} está en camino"
GOOD = ("912345678,Ana,1", "913333333,Eva,2")


class FakeSqs:
    """A queue in memory."""

    def __init__(self) -> None:
        self.bodies: list[str] = []
        self.urls: list[str] = []
        self.groups: set[str] = set()
        self.failing = False

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803 (boto3's names)
        """Take a batch."""
        self.urls.append(QueueUrl)
        if self.failing:
            raise EndpointConnectionError(endpoint_url="http://queue")
        self.bodies += [entry["MessageBody"] for entry in Entries]
        self.groups |= {entry["MessageGroupId"] for entry in Entries}
        return {"Successful": [{"Id": entry["Id"]} for entry in Entries]}


@pytest.fixture
def sqs() -> FakeSqs:
    """Return a queue in memory."""
    return FakeSqs()


@pytest.fixture
def stack(sqs: FakeSqs) -> FakeStack:
    """Return a stack with that queue."""
    return fake_stack({"sqs": sqs})


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """Write a good sheet."""
    return _write(tmp_path, *GOOD)


def _write(tmp_path: Path, *rows: str) -> Path:
    file = tmp_path / "clientes de mayo.csv"
    file.write_text("\n".join(["numero,nombre,pedido", *rows]), encoding="utf-8")
    return file


def _bulk(stack: FakeStack, sheet: Path, *arguments: str) -> Ran:
    return run("bulk", str(sheet), "--template", TEXT, *arguments, stack=stack)


def test_every_row_is_published_under_its_own_id(stack: FakeStack, sqs: FakeSqs, sheet: Path) -> None:
    """Each has its own text."""
    ran = _bulk(
        stack, sheet, "--yes", "--campaign", "mayo", "--sender", "Tienda", "--metadata", "campaign=mayo", "--json"
    )
    assert ran.code == 0
    assert [json.loads(body) for body in sqs.bodies] == [
        {
            "requestId": request_id("mayo", number),
            "recipients": [number],
            "message": {"text": f"Hola {name}, su pedido {order} está en camino"},
            "sender": "Tienda",
            "metadata": {"campaign": "mayo"},
            "messageType": "promotional",
            "campaign": "mayo",
        }
        for number, name, order in [("+56912345678", "Ana", "1"), ("+56913333333", "Eva", "2")]
    ]
    assert ran.lines == [
        {
            "type": "checked",
            "campaign": "mayo",
            "messageType": "promotional",
            "rows": 2,
            "good": 2,
            "bad": 0,
            "repeatedNumbers": 0,
            "segments": 2,
            "unusualNumbers": 2,
        },
        {"type": "published", "campaign": "mayo", "published": 2, "before": 0},
    ]


@pytest.mark.parametrize(
    ("options", "message_type", "url", "said"),
    [
        ((), "promotional", "http://promotional", "promotional: waits for sending hours"),
        (
            ("--type", "transactional"),
            "transactional",
            "http://queue",
            "transactional: does not wait for sending hours",
        ),
    ],
    ids=["by default", "if asked"],
)
def test_the_message_type_chooses_the_queue_and_is_said_before_the_question(  # noqa: PLR0913, PLR0917 (fixtures and a case)
    stack: FakeStack, sqs: FakeSqs, sheet: Path, options: tuple[str, ...], message_type: str, url: str, said: str
) -> None:
    """Messages of a campaign are one group of the queue. Another type is still the same campaign."""
    asked = _bulk(stack, sheet, *options)
    assert said in asked.out
    assert (asked.code, sqs.bodies) == (2, [])
    assert _bulk(stack, sheet, "--yes", *options).code == 0
    (campaign,) = sqs.groups
    assert campaign in asked.out
    assert campaign == "clientes-de-mayo-f3ed6879fd870ce5"
    told = [json.loads(body) for body in sqs.bodies]
    assert {(one["messageType"], one["campaign"]) for one in told} == {(message_type, campaign)}
    assert set(sqs.urls) == {url}


def test_a_made_campaign_id_is_one_that_a_request_can_have(stack: FakeStack, sqs: FakeSqs, tmp_path: Path) -> None:
    """However long the file's name is, and whatever is in it."""
    file = tmp_path / ("ñ_" + "Clientes de otoño " * 8 + ".csv")
    file.write_text("\n".join(["numero,nombre,pedido", *GOOD]), encoding="utf-8")
    assert _bulk(stack, file, "--yes").code == 0
    (campaign,) = sqs.groups
    assert re.fullmatch(CAMPAIGN.removesuffix("$"), campaign)


def test_the_same_command_again_publishes_nothing(stack: FakeStack, sqs: FakeSqs, sheet: Path) -> None:
    """Without its journal it publishes the same ids."""
    _bulk(stack, sheet, "--yes")
    assert _bulk(stack, sheet, "--yes", "--json").lines[-1]["published"] == 0
    sheet.with_name(f"{sheet.name}.journal").unlink()
    _bulk(stack, sheet, "--yes")
    assert sqs.bodies[:2] == sqs.bodies[2:]
    assert json.loads(sqs.bodies[0])["requestId"].startswith("clientes-de-mayo-")


def test_bad_rows_stop_the_run_before_anything_is_published(stack: FakeStack, sqs: FakeSqs, tmp_path: Path) -> None:
    """Each is listed with its line, and no whole number."""
    sheet = _write(tmp_path, *GOOD, "+5691,Ana,3", "912345678,Ana,4")
    ran = _bulk(stack, sheet, "--yes")
    assert (ran.code, sqs.bodies) == (2, [])
    assert "line 4: numero: " in ran.out
    assert "line 5: numero: the same as in line 2" in ran.out
    assert "4 rows, 2 good, 2 bad" in ran.out
    assert "912345678" not in ran.out.replace("+56912345678", "")  # the example in the error is nobody's number
    machine = _bulk(stack, sheet, "--yes", "--json")
    assert [(one["type"], one.get("line")) for one in machine.lines] == [
        ("badRow", 4),
        ("badRow", 5),
        ("checked", None),
    ]


def test_good_rows_are_published_without_the_bad_ones_if_asked(stack: FakeStack, sqs: FakeSqs, tmp_path: Path) -> None:
    """Bad rows are never published."""
    sheet = _write(tmp_path, "1,Ana,3", *GOOD, "912345678,Ana,4")
    assert _bulk(stack, sheet, "--yes", "--skip-bad-rows").code == 0
    assert len(sqs.bodies) == 2


def test_a_file_without_column_names_shows_no_number(stack: FakeStack, tmp_path: Path) -> None:
    """The error lists the fields of the first line, which it takes for column names."""
    file = tmp_path / "clientes.csv"
    file.write_text("+56912345678;Ana\n+56 9 1333 3333;Eva\n", encoding="utf-8")
    errors = [_bulk(stack, file).err, _bulk(stack, file, "--to-column", "+56912345678").err]
    assert all("column 1 (12 characters), column 2 (3 characters)" in error for error in errors)
    assert not any(told in "".join(errors) for told in ("12345678", "Ana"))


def test_at_most_some_bad_rows_are_listed(stack: FakeStack, tmp_path: Path) -> None:
    """The text says how many more there are."""
    ran = _bulk(stack, _write(tmp_path, *["1,Ana,1"] * 5), "--show", "2")
    assert ran.out.count("line ") == 2
    assert "and 3 more bad rows" in ran.out


def test_a_dry_run_publishes_nothing_and_prints_the_cost(stack: FakeStack, sqs: FakeSqs, sheet: Path) -> None:
    """The cost is exact to the last digit."""
    ran = _bulk(stack, sheet, "--dry-run", "--price-per-segment", "0.045")
    assert (ran.code, sqs.bodies) == (0, [])
    assert "2 segments, 0.090 at 0.045 a segment" in ran.out
    assert list(sheet.parent.iterdir()) == [sheet]


def _no_aws(_name: str, **_options: object) -> FakeStack:
    raise AssertionError("AWS was asked")


def test_a_dry_run_needs_no_aws_if_options_say_the_same(stack: FakeStack, sheet: Path) -> None:
    """Everything else is as with the deployment."""
    options = ("bulk", str(sheet), "--template", TEXT, "--sender", "96000", "--dry-run")
    offline = run(*options, "--default-region", "cl", "--plain-text-prefixes", "+56", stack=_no_aws)
    assert (offline.code, offline.err) == (0, "")
    assert offline.out == run(*options, stack=stack).out
    with pytest.raises(AssertionError, match="AWS was asked"):
        run(*options[:4], "--dry-run", "--default-region", "CL", stack=_no_aws)


def test_a_region_is_for_a_dry_run_only(stack: FakeStack, sqs: FakeSqs, sheet: Path) -> None:
    """A deployment has its own."""
    ran = _bulk(stack, sheet, "--yes", "--default-region", "AR")
    assert (ran.code, sqs.bodies) == (2, [])
    assert "--default-region: is for a dry run" in ran.err


def test_the_first_text_is_shown_as_a_phone_gets_it(stack: FakeStack, tmp_path: Path) -> None:
    """It is that of the first good row; the number is masked."""
    ran = _bulk(stack, _write(tmp_path, "1,Leo,0", "961234567,Íñigo,1"), "--dry-run", "--skip-bad-rows")
    assert "The first text, to +56***67, 1 segment, charset 0:\n  Hola Iñigo, su pedido 1 esta en camino\n" in ran.out
    assert "unusual" not in ran.out
    assert "Unicode" not in ran.out


def test_what_forces_unicode_is_named_with_the_rows_that_it_costs(stack: FakeStack, tmp_path: Path) -> None:
    """Rows that are not sent do not count."""
    rows = [f"96123456{row},Ana{mark},1" for row, mark in enumerate(["🚚", "🚚", "", "🚚😀\u200b", ""])]
    sheet = _write(tmp_path, *rows, "961234560,Ana🚚,1")
    ran = _bulk(stack, sheet, "--dry-run", "--skip-bad-rows")
    assert "Unicode in 3 of 5 rows because of 🚚 " in ran.out
    assert "\u200b" not in ran.out.splitlines()[-1]
    checked = _bulk(stack, sheet, "--dry-run", "--skip-bad-rows", "--json").lines[-1]
    assert checked["unicodeRows"] == 3
    assert checked["forcedBy"][0] == "🚚"


def test_numbers_that_are_possible_but_unusual_are_listed(stack: FakeStack, tmp_path: Path) -> None:
    """A fixed line, and a range that the known numbering plan does not have."""
    numbers = ["961234567", "+56912345678", "+493012345678", *(f"91234567{row}" for row in range(5))]
    ran = _bulk(stack, _write(tmp_path, *(f"{number},Ana,1" for number in numbers)), "--dry-run")
    assert "7 numbers possible, but unusual for a mobile phone: lines 3, 4, 5, 6, 7 and 2 more" in ran.out
    assert ran.code == 0


def test_a_file_of_column_names_alone_is_a_warning(stack: FakeStack, sqs: FakeSqs, tmp_path: Path) -> None:
    """There is nothing to publish, and nothing wrong."""
    sheet = _write(tmp_path)
    ran = _bulk(stack, sheet)
    assert (ran.code, ran.err, sqs.bodies) == (0, "", [])
    assert "warning: the file has column names, but no rows" in ran.out
    assert list(tmp_path.iterdir()) == [sheet]


def test_what_was_left_out_above_the_column_names_is_said(stack: FakeStack, tmp_path: Path) -> None:
    """As JSON, too."""
    sheet = tmp_path / "clientes.csv"
    sheet.write_text("Clientes\n\nCelular 1;nombre;pedido\n961234567;Ana;1\n", encoding="utf-8")
    said = "the columns are named in line 3; what is above it is left out"
    assert f"note: {said}\n" in _bulk(stack, sheet, "--dry-run").out
    assert _bulk(stack, sheet, "--dry-run", "--json").lines[0] == {"type": "note", "what": said}


@pytest.mark.parametrize("delimiter", ["tab", "\\t", "\t"])
def test_a_delimiter_can_be_a_tab(stack: FakeStack, tmp_path: Path, delimiter: str) -> None:
    """However it is written."""
    sheet = tmp_path / "clientes.csv"
    sheet.write_text("numero\tnombre\tpedido\n961234567\tAna\t1\n", encoding="utf-8")
    assert _bulk(stack, sheet, "--dry-run", "--delimiter", delimiter).code == 0


@pytest.mark.parametrize("delimiter", ["", ";;", '"', "\n"])
def test_a_delimiter_is_one_character(stack: FakeStack, sheet: Path, delimiter: str) -> None:
    """The error says so."""
    assert "--delimiter must be one character" in _bulk(stack, sheet, "--dry-run", "--delimiter", delimiter).err


@pytest.mark.parametrize("price", ["x", "-1", "NaN"])
def test_a_price_is_a_number(stack: FakeStack, sheet: Path, price: str) -> None:
    """It must not be negative."""
    assert _bulk(stack, sheet, f"--price-per-segment={price}").code == 2


def test_without_a_terminal_nothing_is_published(stack: FakeStack, sqs: FakeSqs, sheet: Path) -> None:
    """The error names the option --yes."""
    ran = _bulk(stack, sheet)
    assert (ran.code, sqs.bodies) == (2, [])
    assert "--yes" in ran.err


def test_an_edited_file_is_another_campaign(stack: FakeStack, sqs: FakeSqs, tmp_path: Path) -> None:
    """It needs another journal."""
    _bulk(stack, _write(tmp_path, *GOOD), "--yes")
    edited = _write(tmp_path, *GOOD, "914444444,Luz,3")
    ran = _bulk(stack, edited, "--yes")
    assert (ran.code, len(sqs.bodies)) == (2, 2)
    assert "with another campaign and another content" in ran.err
    assert _bulk(stack, edited, "--yes", "--journal", str(tmp_path / "other")).code == 0


def test_after_a_queue_error_the_same_command_continues(
    stack: FakeStack, sqs: FakeSqs, sheet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error says so."""
    monkeypatch.setattr("rtsms.bulk.publisher._PAUSES", (0.0,) * 5)
    sqs.failing = True
    ran = _bulk(stack, sheet, "--yes")
    assert ran.code == 4
    assert "continues where it stopped" in ran.err
    sqs.failing = False
    assert _bulk(stack, sheet, "--yes").code == 0
    assert len(sqs.bodies) == 2


@pytest.mark.parametrize("name", ["a b", ":a", "", "a" * 65])
def test_a_campaigns_id_must_be_able_to_begin_a_request_id(stack: FakeStack, sheet: Path, name: str) -> None:
    """Other ids are refused."""
    assert "--campaign: must be" in _bulk(stack, sheet, "--campaign", name, "--dry-run").err


@pytest.mark.parametrize(
    "rows",
    [("912345678,Ana,1", "913333333,Eva,3"), GOOD[:1], (*GOOD, "914444444,Luz,3"), GOOD[::-1]],
    ids=["edited", "shorter", "longer", "sorted"],
)
def test_a_file_that_changes_while_it_is_published_stops_the_run(tmp_path: Path, rows: tuple[str, ...]) -> None:
    """A number must not get another row's text."""
    file = open_file(_write(tmp_path, *GOOD))
    merge = MailMerge(Template(TEXT), file.columns, "numero", None, {"sender": "1"}, Defaults())
    validated, bodies = ValidatedFile(), list[str]()
    assert not list(validate(file, merge, validated))
    campaign = Campaign(file, merge, validated, "mayo")

    def send(some: Sequence[str]) -> list[NotTaken | None]:
        bodies.extend(some)
        return [None] * len(some)

    rows_and_numbers = zip(file.rows(), validated.numbers, strict=True)
    unchanged = {merge.queue_message("mayo", row, number) for row, number in rows_and_numbers}
    _write(tmp_path, *rows)
    with pytest.raises(CommandError, match="changed while"), campaign.journal(None, "q") as journal:
        campaign.publish(journal, Publisher(send, lambda _seconds: None, 1), lambda _rows: None)
    assert set(bodies) <= unchanged


def test_an_interrupted_run_says_how_to_continue(stack: FakeStack, sqs: FakeSqs, sheet: Path) -> None:
    """Its exit code is that of an interruption."""

    def interrupt(**_arguments: object) -> None:
        raise KeyboardInterrupt

    sqs.send_message_batch = interrupt  # type: ignore[method-assign,assignment]  # once
    ran = _bulk(stack, sheet, "--yes")
    assert ran.code == 130
    assert "continues where it stopped" in ran.err
