"""Texts in which everything that matters to packing comes close to every boundary."""

import random
import unicodedata
from collections.abc import Iterator

from hypothesis import strategies as st

from realtime_sms.encoding.gsm7 import OCTETS

GSM = "".join(OCTETS)
gsm_texts = st.text(st.sampled_from(GSM), max_size=400)
sendable = st.characters(
    exclude_categories=["Cs", "Cc"], include_characters="\t\n\v\f\r\x85", exclude_characters="\ufffe"
)
texts = st.text(sendable, max_size=200)
composed_texts = texts.map(lambda text: unicodedata.normalize("NFC", text))
link_texts = st.lists(
    st.sampled_from(
        [
            "https://",
            "www.",
            "maipu\u0301",
            "maipú",
            ".cl",
            ".",
            "/",
            "/menú?",
            "a",
            "@",
            " ",
            "…",
            "\u201d",
            "N°",
            "25°",
            "😀",
        ]
    ),
    max_size=8,
).map("".join)
ascii_texts = st.text(st.sampled_from([character for character in GSM if character.isascii()]), max_size=200)
spanish_texts = st.text(
    st.sampled_from(
        "aeiounAEIOUN áéíóúüñçÁÉÍÓÚÜÑÇ\u0301\u0303\u0308"
        "\u2018\u2019\u2013“”—…«»ªº°¿¡€\u00a0\u200b\u200d\ufeff😀Δ\u03b1Ñ1½²\u207f·\u0387\u1fef\u2001\u212a.@/?:"
    ),
    max_size=60,
)


def boundary_texts() -> Iterator[str]:
    """Yield a pair of units at, before and after every boundary of the first few segments, alone and in runs."""
    for plain, pair, single, part in (("a", "€", 160, 153), ("ñ", "[", 160, 153), ("á", "😀", 70, 67)):
        for boundary in (single, part, 2 * part, 3 * part):
            for before in range(boundary - 4, boundary + 3):
                for run in (1, 2, 3):
                    for after in (0, 1, single - part, part):
                        yield plain * before + pair * run + plain * after


def mixed_texts(count: int) -> Iterator[str]:
    """Yield reproducible texts of all lengths to about four segments, from alphabets of several densities of pairs."""
    draw = random.Random(20_250_101)
    alphabets = ("ab€", "abcdefgh[", "€[]{}", GSM, "áb😀", "áéíóúb😀", "😀", "Δa", "aá", "αβγ😀\u200d")
    for index in range(count):
        yield "".join(draw.choices(alphabets[index % len(alphabets)], k=draw.randrange(1, 620)))
