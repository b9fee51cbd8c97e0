"""Words by which people opt out."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samcli.yamlhelper import yaml_parse

from callbacks.keywords import Keywords, Wish, folded
from local import TEMPLATE

WORDS = Keywords.of(("STOP", "Baja", "no más"), ("START", "Alta"))


@pytest.mark.parametrize(
    "text",
    [
        "STOP",
        "stop",
        " Stop. ",
        "¡STOP!",
        "BA\u0301JA",
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


@pytest.mark.parametrize(
    "text",
    [
        "Stop. Thank you",
        "STOP! Ya basta",
        "¡BAJA! No me escriban",
        "Baja, gracias",
        "stop; por favor.",
        "STOP\nJuan Pérez",
        "\n stop\r\n--\r\nJuan",
        "STOP - Juan",
        "Stop -- Juan Pérez",
        "STOP\u2014Juan",
        "STOP -Juan",
        "STOP ~ Juan",
        "Baja Atte. Juan Pérez",
        "STOP Enviado desde mi iPhone",
        "STOP (Sent from my iPhone)",
        "S.T.O.P. Gracias",
        "no más. Saludos",
        "STOP" + " 🙏" * 1000,
    ],
)
def test_a_sentence_or_a_signature_may_follow(text: str) -> None:
    """The word is then the first sentence."""
    assert WORDS.wish(text) is Wish.OPT_OUT


@pytest.mark.parametrize(
    "text",
    [
        "Stop? ¿Quién es?",
        "stop-go",
        "Hola. Stop",
        "Baja, pero mañana",
        "stop it. Now",
        "baja-5",
        "baja -5 %",
        "alto/bajo",
        "stop saludosa",
        "no, más tarde",
        "stop, gracias a todos",
    ],
)
def test_a_sentence_that_only_has_the_word_says_nothing(text: str) -> None:
    """Nor does a question."""
    assert WORDS.wish(text) is None


@pytest.mark.parametrize("text", ["Alta. Gracias", "alta\nJuan", "start - Juan"])
def test_a_word_that_opts_in_is_the_whole_message(text: str) -> None:
    """Nobody must get SMS by mistake."""
    assert WORDS.wish(text) is None


@pytest.mark.parametrize(
    "text",
    [" " * 16_000, "-" * 16_000, "," * 16_000, "stop " * 3_000, "envoye " * 2_000, "a" + "\u0301\u0323" * 20_000],
)
def test_no_message_takes_long(text: str) -> None:
    """However long it is."""
    begun = time.process_time()
    WORDS.wish(text)
    assert time.process_time() - begun < 0.5


DEFAULT = yaml_parse(TEMPLATE.read_text(encoding="utf-8"))["Parameters"]["OptOutWords"]["Default"].split(",")


@pytest.mark.parametrize(
    "text",
    [
        "CANCELAR",
        "cancel",
        "END",
        "Quit.",
        "ARRÊT",
        "STOP ALL",
        "stopall",
        "Stop-all!",
        "darme de baja",
        "Opt-out",
        "opt out",
        "Stop. Thank you",
    ],
)
def test_the_default_words_opt_out(text: str) -> None:
    """Those that people are used to, in the languages that are spoken where we send."""
    assert Keywords.of(tuple(DEFAULT)).wish(text) is Wish.OPT_OUT


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
