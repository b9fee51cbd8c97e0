"""The codec: encoding and counting, beside its peers and the least that Python can do."""

import importlib
import random
import time
from collections.abc import Callable, Iterable

import smsutil
from aiosmpplib.codec import GSM7BitCodec
from sms_toolkit import profile_message

from bench.harness import SEED, Setup, interleaved
from bench.report import Goal, Result, Table
from realtime_sms import encode
from realtime_sms.encoding import segment
from realtime_sms.encoding.gsm7 import OCTETS

_ASCII = "su pedido va en camino y llega hoy entre las 10 y las 14 horas codigo valido por minutos Banco"
_WORDS = {
    "ASCII, 140": _ASCII,
    "Spanish with ñ é ¿": "¿mañana llega su niño? año español señor café José ¡compre ahora! el té mañana Ñuñoa à ò",
    "Spanish with á": "su código es válido por diez minutos no lo comparta con nadie gracias envío mañana aquí",
    "€ and brackets": "[pago] 30€ {total} 15€ [factura] ~10€ cuota|saldo \\o/ 20€ [hoy] ahorre 5€ con {codigo} ^ver",
    "Greek capitals": "ΔΦΓ ΛΩΠ ΨΣΘ ΞΔΛ ΩΣΦ ΠΘ ΓΛΞ ΨΩ",
    "emoji": "su pedido 🚚 va en camino 🎉 gracias 😀 por comprar 🛒 hoy 👍🏽 llega ⏰ 👨‍👩‍👧 📦",
    "ASCII, 1,530": _ASCII,
}
_FIFTY = ("ASCII, 140", "Spanish with ñ é ¿", "ASCII, 1,530")  # where the goal of counting is 50, not 15
_FLOOR = ("encoding", "floor", "ASCII, 140")
_IDENTITY = bytes(range(256))

type Answer = Callable[[str], object]
type Case = tuple[str, str, str]  # question, who, kind of text


def measure(setup: Setup) -> Result:
    """Measure both questions on every kind of text."""
    texts = {kind: [_text(kind, number) for number in range(8)] for kind in _WORDS}
    answers = _answers()
    asked = {(*question, kind): (answer, texts[kind]) for question, answer in answers.items() for kind in texts}
    asked[_FLOOR] = (lambda some: some.encode("latin-1").translate(_IDENTITY), texts["ASCII, 140"])
    sample = setup.size(2_000_000, 100_000)
    ns = interleaved({case: _sample(*ask, sample) for case, ask in asked.items()}, setup.rounds(15))
    peers = {case: ask for case, ask in asked.items() if case[1] not in {"ours", "floor"}}
    right = {"encoding": _by_the_tables, "counting": segment.count}
    wrong = {case for case, (answer, some) in peers.items() if any(answer(one) != right[case[0]](one) for one in some)}
    rows = [
        [*question, *(f"{ns[*question, kind]:,.0f}" + " (wrong)" * ((*question, kind) in wrong) for kind in texts)]
        for question in answers
    ]
    goals = _goals(ns, {case: ns[case] for case in peers if case not in wrong})
    return Result(goals, [Table(["ns a text", "", *texts], rows)])


def _goals(ns: dict[Case, float], peers: dict[Case, float]) -> list[Goal]:
    def worst(question: str, kinds: Iterable[str]) -> tuple[float, str, str]:
        """Return the ratio to the fastest correct peer for the kind where it is least, the kind, and the peer."""
        cases = ((took, asked, who, kind) for (asked, who, kind), took in peers.items() if kind in kinds)
        return min((took / ns[asked, "ours", kind], kind, who) for took, asked, who, kind in cases if asked == question)

    goals = []
    for bound, kinds in ((50, _FIFTY), (15, [kind for kind in _WORDS if kind not in _FIFTY])):
        ratio, kind, who = worst("counting", kinds)
        name = f"counting, the worst of {len(kinds)} kinds: {kind}"
        goals.append(Goal(name, ratio, bound, "least", f"times as fast as {who}"))
    floor = ns["encoding", "ours", "ASCII, 140"] / ns[_FLOOR]
    goals.append(Goal("`encode()`, ASCII, 140", floor, 6, "most", "times the floor"))
    ratio, kind, who = worst("encoding", _WORDS)
    why = f"{who} gives the wire form only. Counting alone takes us {ns['counting', 'ours', kind]:,.0f} ns."
    name = f"`encode()`, the worst kind: {kind}"
    return [*goals, Goal(name, ratio, 1, "least", f"times as fast as {who}", why)]


def _answers() -> dict[tuple[str, str], Answer]:
    smpp = GSM7BitCodec()
    return {
        ("encoding", "ours"): encode,
        ("encoding", "smsutil"): lambda some: some.encode("gsm0338") if smsutil.is_valid_gsm(some) else _ucs2(some),
        ("encoding", "aiosmpplib"): lambda some: smpp.encode(some)[0] if smpp.is_gsm_text(some) else _ucs2(some),
        **_icu(),
        ("counting", "ours"): segment.count,
        ("counting", "smsutil"): lambda some: len(smsutil.split(some).parts),
        ("counting", "sms-toolkit"): lambda some: profile_message(some)["num_segments"],
    }


def _icu() -> dict[tuple[str, str], Answer]:
    try:
        icu = importlib.import_module("icu")
    except ImportError:
        return {}
    repertoire = icu.UnicodeSet()
    for character in OCTETS:
        repertoire.add(character)
    repertoire.freeze()

    def answer(some: str) -> object:
        text = icu.UnicodeString(some)
        return text.encode("gsm-03.38-2009") if repertoire.containsAll(some) else text.encode("utf-16be").hex()

    return {("encoding", "PyICU"): answer}


def _ucs2(some: str) -> str:
    return some.encode("utf-16-be").hex()


def _by_the_tables(some: str) -> bytes | str:
    return b"".join(OCTETS[one] for one in some) if all(one in OCTETS for one in some) else _ucs2(some)


def _sample(answer: Answer, texts: list[str], sample_ns: int) -> Callable[[], float]:
    """Return a case of a short call: its CPU nanoseconds a text, over a sample of many."""

    def ns(loops: int) -> float:
        began = time.thread_time_ns()
        for _ in range(loops):
            for text in texts:
                answer(text)
        return (time.thread_time_ns() - began) / loops / len(texts)

    loops = max(1, int(sample_ns / max(1, ns(1)) / len(texts)))
    return lambda: ns(loops)


def _text(kind: str, number: int) -> str:
    """Draw words until the length is reached."""
    chance, length = random.Random(f"{SEED} {kind} {number}"), 1530 if kind.endswith("1,530") else 140
    return " ".join(chance.choices(_WORDS[kind].split(), k=length))[:length]
