"""`rtsms preview`: the segments of a text and why it needs them, without AWS."""

from pathlib import Path

import pytest

from realtime_sms.encoding.charset import HEXADECIMAL
from tests.cli.fakes import run

ACCENTS = "Su código llegó"


def test_a_text_of_gsm_characters_is_one_segment() -> None:
    """It uses the alphabet that costs least."""
    answer = run("preview", "hola", "--json").answer
    (group,) = answer["groups"]
    assert (group["charset"], group["alphabet"], group["units"], group["segments"]) == (0, "gsm7", 4, 1)
    assert (group["unitsLeft"], group["parts"], answer["segments"]) == (156, ["hola"], 1)


def test_characters_that_force_unicode_are_listed_with_their_positions() -> None:
    """Positions count code points of the given text from 0."""
    answer = run("preview", ACCENTS, "--json").answer
    (group,) = answer["groups"]
    assert group["charset"] == HEXADECIMAL
    assert [(one["character"], one["codePoint"], one["position"]) for one in group["forcedBy"]] == [
        ("ó", "U+00F3", 4),
        ("ó", "U+00F3", 14),
    ]


def test_the_segments_of_the_transliterated_text_are_shown() -> None:
    """The difference is the price of the accents."""
    text = "á" * 71
    told = run("preview", text)
    assert "charset 0, 1 segment" in told.out
    assert run("preview", text, "--json").answer["plain"]["segments"] == 1
    assert run("preview", text, "--json").answer["segments"] == 2


def test_a_text_that_goes_as_unicode_all_the_same_keeps_its_accents() -> None:
    """Transliteration would save nothing: only the emoji is said to be in the way."""
    text = "Señor Raúl 😀"
    for arguments in (["--to", "+56912345678"], ["--encoding", "plain"]):
        answer = run("preview", text, *arguments, "--json").answer
        assert (answer["groups"][0]["text"], answer["plain"]["text"]) == (text, text)
        assert [one["character"] for one in answer["groups"][0]["forcedBy"]] == ["😀"]
    lines = run("preview", text).out.splitlines()
    said = {line.split()[0]: " ".join(line.split()[3:]) for line in lines if "U+" in line}
    assert said == {"ú": "kept", "😀": "not possible"}
    assert not any("Transliterated" in line for line in lines)


def test_each_country_has_its_policy() -> None:
    """A Chilean number gets the transliterated text, a Spanish one all its characters."""
    allowed = ("--allowed-prefixes", "+56,+34")
    answer = run("preview", ACCENTS, "--to", "+56912345678", "--to", "+34600000000", *allowed, "--json").answer
    assert {one["policy"]: (one["charset"], one["recipients"]) for one in answer["groups"]} == {
        "plain": (0, 1),
        "auto": (6, 1),
    }


def test_a_text_that_is_sent_transliterated_is_shown_so() -> None:
    """Then nothing forces Unicode."""
    told = run("preview", ACCENTS, "--to", "912345678")
    assert "Sent transliterated:\nSu codigo llego\n" in told.out
    assert "forces Unicode" not in told.out


def test_brackets_in_a_text_are_not_markup() -> None:
    """A text is shown as it is."""
    assert "[bold]hola[/bold] :truck:" in run("preview", "á [bold]hola[/bold] :truck:").out


@pytest.mark.parametrize(
    ("arguments", "stdin"),
    [
        (["preview", "año"], ""),
        (["preview", "-"], "año\n"),
        (["preview"], "año\r\n"),
        (["preview", "--file", "-"], "año"),
    ],
    ids=["argument", "dash", "stdin", "file-stdin"],
)
def test_a_text_comes_from_an_argument_or_stdin(arguments: list[str], stdin: str) -> None:
    """The line break at its end is removed."""
    assert run(*arguments, "--json", stdin=stdin).answer["groups"][0]["text"] == "año"


def test_a_text_comes_from_a_file(tmp_path: Path) -> None:
    """The file is UTF-8."""
    file = tmp_path / "text.txt"
    file.write_text("año\n", encoding="utf-8")
    assert run("preview", "--file", str(file), "--json").answer["groups"][0]["text"] == "año"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["á", "--encoding", "exact"], "GSM 03.38 cannot carry U+00E1 at 0"),
        (["hola", "--encoding", "none"], "--encoding must be one of 'auto'"),
        (["hola", "--to", "12"], "recipients[0]: has too few digits"),
        (["hola", "--to", "+34600000000"], "recipients[0]: is outside of AllowedPrefixes (+56)"),
        (["hola", "--charset", "7"], "--charset must be one of '0'"),
        (["á", "--charset", "1"], "charset 1 cannot carry U+00E1 at 0"),
        (["hola", "--file", "-"], "pass one text"),
        ([""], "message.text"),
    ],
    ids=["exact", "no-policy", "no-number", "not-allowed", "no-charset", "not-ascii", "two-texts", "empty"],
)
def test_a_text_that_cannot_be_sent_is_refused(arguments: list[str], told: str) -> None:
    """The error names the place, and the exit code is that of invalid input."""
    ran = run("preview", *arguments)
    assert ran.code == 2
    assert told in ran.err
    assert ran.out == ""


def test_bytes_that_are_not_utf_8_are_refused() -> None:
    """The error names the place of the first one."""
    assert "byte 1 cannot be decoded" in run("preview", stdin=b"a\xf1o").err
