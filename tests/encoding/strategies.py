"""Texts in which everything that matters to packing comes close to every boundary."""

import random
from collections.abc import Iterator

from hypothesis import strategies as st

from realtime_sms.encoding.gsm7 import OCTETS

GSM = "".join(OCTETS)
gsm_texts = st.text(st.sampled_from(GSM), max_size=400)
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x1b"), max_size=200)
ascii_texts = st.text(st.sampled_from([character for character in GSM if character.isascii()]), max_size=200)
spanish_texts = st.text(
    st.sampled_from(
        "aeiounAEIOUN áéíóúüñçÁÉÍÓÚÜÑÇ\u0301\u0303\u0308"
        "\u2018\u2019\u2013“”—…«»ªº°¿¡€\u00a0\u200b\u200d\ufeff😀Δ\u03b1Ñ1½"
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
