"""Words by which people opt out."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callbacks.keywords import Keywords, Wish, folded

WORDS = Keywords.of(("STOP", "Baja", "no más"), ("START", "Alta"))


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        " Stop. ",
        "¡STOP!",
        "S.T.O.P.",
        "BÁJA",
        "«baja»",
        "No  mas!",
        "NO MÁS 🙏",
        "\u200bstop\n",
        "\uff33\uff34\uff2f\uff30",
    ],
)
def test_a_word_that_is_the_whole_message_opts_out(text: str) -> None:
    """In whatever case, accents and punctuation it is written."""
    assert WORDS.wish(text) is Wish.OPT_OUT


@pytest.mark.parametrize("text", ["", "   ", "?", "no", "mas", "non stop", "stop please", "trabaja", "nomas", "bajas"])
def test_a_word_within_a_message_says_nothing(text: str) -> None:
    """Nobody is put on the list for an answer that has the word in it."""
    assert WORDS.wish(text) is None


def test_opting_in_has_words_of_its_own() -> None:
    """None unless the deployment names some; and a word in both lists opts out."""
    assert WORDS.wish("¡Alta!") is Wish.OPT_IN
    assert Keywords.of(("STOP",)).wish("START") is None
    assert Keywords.of(("a",), ("a",)).wish("a") is Wish.OPT_OUT


def test_words_that_are_none_match_nothing() -> None:
    """An empty parameter, or a stray comma, must not put everybody on the list who sends a blank."""
    assert Keywords.of(("", "!", " ")).wish("") is None


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    """So that a parameter written in the folded form means the same."""
    assert folded(folded(text)) == folded(text)
