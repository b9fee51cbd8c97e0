"""The codec: deciding, encoding and counting, beside its peers and floors."""

import json
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.codec_peers import Answer, Peer, peers
from bench.part import Goal, Part, Result, Table
from bench.rounds import cpu_ns, interleaved
from bench.texts import ASCII_140, LATIN_GSM, corpus
from realtime_sms.encoding import gsm7, segment
from realtime_sms.encoding.text import encode

_HERE = Path(__file__).parent
_OURS: dict[str, Answer] = {"deciding": gsm7.marked, "encoding": encode, "counting": segment.count}
_SAYS = {
    "deciding": "Deciding whether a text is GSM 03.38. Ours gives the octets at the same time.",
    "encoding": "From a text of which nothing is known to what goes on the wire: GSM octets, or UTF-16BE in "
    "hexadecimal. Ours is `encode()` as a whole: it "
    "also counts units and segments, which none of the peers does here. The floor is one pass in C that decides "
    'nothing: to Latin-1 and through a table of octets, or `encode("utf-16-be").hex()`.',
    "counting": "How many segments the network will make of it.",
}
_IDENTITY = bytes(range(256))

type Case = tuple[str, str, str]  # question, kind of text, who

_EMPTY: Case = ("encoding", "", "ours")


@dataclass(frozen=True, slots=True)
class _Figures:
    """CPU nanoseconds a text, and which of them belong to wrong answers."""

    ns: Mapping[Case, float]
    wrong: frozenset[Case]
    kinds: tuple[str, ...]

    def fastest(self, question: str, kind: str) -> tuple[str, float]:
        """Name the fastest peer that is right about all texts of a kind, and its time."""
        right = {
            who: ns
            for (asked, about, who), ns in self.ns.items()
            if (asked, about) == (question, kind) and who not in {"ours", "floor"}
            if (question, kind, who) not in self.wrong
        }
        return min(right.items(), key=lambda one: one[1])

    def ratio(self, question: str, kind: str) -> float:
        """Give how many times as fast as that peer we are."""
        return self.fastest(question, kind)[1] / self.ns[question, kind, "ours"]


def measure(*, quick: bool) -> Result:
    """Measure every question on every kind of text."""
    texts, others = corpus(), peers()
    answers = _answers(texts, others)
    sample = 100_000 if quick else 2_000_000
    cases = {case: cpu_ns(answer, texts[case[1]], sample) for case, answer in answers.items()}
    cases[_EMPTY] = cpu_ns(encode, [""] * 8, sample)
    wrong = {case for case in answers if case[2] in others and not _is_right(case, texts, others)}
    figures = _Figures(interleaved(cases, 1 if quick else 15), frozenset(wrong), tuple(texts))
    javascript = _npm(texts, rounds=1 if quick else 15)
    notes = (
        [] if javascript else ["The peers from npm were left out: node or npm is not installed, or `npm ci` failed."]
    )
    if "PyICU" not in others:
        notes.append("PyICU was left out: it could not be built (it needs libicu-dev and a C++ compiler).")
    tables = [_table(question, figures, [*others]) for question in _OURS]
    return Result(_goals(figures), [*tables, *_javascript_table(javascript, figures, texts)], _numbers(figures), notes)


def _answers(texts: Mapping[str, list[str]], others: Mapping[str, Peer]) -> dict[Case, Answer]:
    answers: dict[Case, Answer] = {}
    for kind in texts:
        answers |= {(question, kind, "ours"): answer for question, answer in _OURS.items()}
        if floor := _floor(texts[kind][0]):
            answers["encoding", kind, "floor"] = floor
        for who, peer in others.items():
            offered = {"deciding": peer.decide, "encoding": peer.encode, "counting": peer.count}
            answers |= {(question, kind, who): answer for question, answer in offered.items() if answer}
    return answers


def _floor(example: str) -> Callable[[str], object] | None:
    if gsm7.marked(example) is None:
        return lambda some: some.encode("utf-16-be").hex()
    if max(example) < "\u0100":
        return lambda some: some.encode("latin-1").translate(_IDENTITY)
    return None


def _is_right(case: Case, texts: Mapping[str, list[str]], others: Mapping[str, Peer]) -> bool:
    question, kind, who = case
    if question == "counting":
        count = others[who].count
        return count is not None and all(count(some) == segment.count(some) for some in texts[kind])
    return others[who].is_right(texts[kind])


def _goals(figures: _Figures) -> list[Goal]:
    goals = []
    for kind in figures.kinds:
        who, _ = figures.fastest("counting", kind)
        bound = 50 if kind in LATIN_GSM else 15
        name = f"counting, {kind}"
        why = f"{who} counts this kind of text in {figures.fastest('counting', kind)[1]:,.0f} ns."
        goals.append(Goal(name, figures.ratio("counting", kind), bound, "least", f"times as fast as {who}", why))
    ours, floor = figures.ns["encoding", ASCII_140, "ours"], figures.ns["encoding", ASCII_140, "floor"]
    goals.append(Goal(f"encode(), {ASCII_140}", ours / floor, 6, "most", "times the floor"))
    for kind in figures.kinds:
        who, _ = figures.fastest("encoding", kind)
        ratio = figures.ratio("encoding", kind)
        goals.append(Goal(f"encode(), {kind}", ratio, 1, "least", f"times as fast as {who}", _why(figures, kind)))
    return goals


def _why(figures: _Figures, kind: str) -> str:
    """Say where the time of `encode()` goes, from what was measured of its parts."""
    who, its = figures.fastest("encoding", kind)
    encoding, counting, deciding = (figures.ns[asked, kind, "ours"] for asked in ("encoding", "counting", "deciding"))
    floor = figures.ns.get(("encoding", kind, "floor"))
    alone = f" The wire form alone is {floor:,.0f} ns of either." if floor else ""
    return (
        f"{who} gives the wire form in {its:,.0f} ns and counts nothing.{alone} Ours takes {encoding:,.0f} ns: "
        f"deciding exactly is {deciding:,.0f} ns, that and the count {counting:,.0f} ns; and an empty text takes "
        f"{figures.ns[_EMPTY]:,.0f} ns, in which Python does little but go from step to step and make the value."
    )


def _table(question: str, figures: _Figures, others: list[str]) -> Table:
    rows = []
    for who in ("ours", "floor", *others):
        cells = [_cell((question, kind, who), figures) for kind in figures.kinds]
        if any(cells):
            rows.append([who, *cells])
    return Table(f"{question.capitalize()}, ns a text", ["", *figures.kinds], rows, _SAYS[question])


def _cell(case: Case, figures: _Figures) -> str:
    if case not in figures.ns:
        return ""
    return f"{figures.ns[case]:,.0f}" + (" (wrong)" if case in figures.wrong else "")


def _numbers(figures: _Figures) -> dict[str, Any]:
    ratios = {question: {kind: figures.ratio(question, kind) for kind in figures.kinds} for question in _OURS}
    return ratios | {"bounds": {kind: 50 if kind in LATIN_GSM else 15 for kind in figures.kinds}}


def _npm(texts: Mapping[str, list[str]], rounds: int) -> dict[str, Any] | None:
    """Run the peers from npm, if they are there."""
    node = shutil.which("node")
    if node is None or not (_HERE / "node_modules").is_dir():
        return None
    told = json.dumps({"texts": texts, "rounds": rounds, "loops": 20})
    run = subprocess.run([node, _HERE / "npm_peers.cjs"], input=told, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(run.stdout)
    return found


def _javascript_table(
    javascript: dict[str, Any] | None, figures: _Figures, texts: Mapping[str, list[str]]
) -> list[Table]:
    if javascript is None:
        return []
    rows = [["ours", *(f"{figures.ns['counting', kind, 'ours']:,.0f}" for kind in texts)]]
    for who, found in javascript["peers"].items():
        cells = []
        for kind, some in texts.items():
            right = found[kind]["counts"] == [segment.count(one) for one in some]
            cells.append(f"{found[kind]['ns']:,.0f}" + ("" if right else " (wrong)"))
        rows.append([who, *cells])
    note = f"Node.js {javascript['node']}, another language and its own rounds: shown, and in no goal."
    return [Table("Counting, ns a text, with the peers from npm", ["", *texts], rows, note)]


PART = Part(
    "codec",
    "Codec",
    "CPU nanoseconds of one call in one thread, the mean over eight texts of a kind drawn from a seed, the median of "
    "15 rounds in which all cases take turns. *(wrong)* marks an answer that differs, on one of the texts, from the "
    "tables of 3GPP TS 23.038 or from packing by TS 23.040; such an answer counts for no goal.",
    measure,
)
