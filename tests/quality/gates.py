"""What is measured, each by a function of the data folder; the floors are in floors.toml."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from pipeline.entities.english import WEIGHTS
from pipeline.entities.taggers import tagger
from pipeline.errors import UserError
from tests.quality import canonical_score, ner, scores
from tests.quality.data import Missing, pinned
from tests.quality.floors import Floor

CANONICAL: Final = Path(__file__).parent / "canonical"


@dataclass(frozen=True, slots=True)
class Measured:
    """A value, how many things it was measured on, and its 95 % interval where there is one."""

    value: float
    n: int
    of: str
    interval: tuple[float, float] | None = None


Gate = Callable[[Path], Measured]


def pud_f1(folder: Path) -> Measured:
    sentences = ner.read(pinned("ner/uner_en_pud.jsonl.gz", folder))
    score = ner.scores(ner.counted(tagger("copydesk"), ([sentence] for sentence in sentences)))["all"]
    return Measured(score.values[2], len(sentences), "sentences", score.intervals[2])


def wikigold_f1(_: Path) -> Measured:
    """From the counts that training left; pooled over the blocks, not the mean of their scores."""
    record = scores.read()
    if stale := scores.stale(record):
        raise UserError(f"docs/models/scores.json is out of date: {'; '.join(stale)}; make train-tagger writes it anew")
    blocks = record["wikigold"]["blocks"]
    right, found, gold = (sum(block[kind][i] for block in blocks for kind in ner.TYPES) for i in range(3))
    low, high = record["wikigold"]["interval"]
    return Measured(2 * right / (found + gold), sum(block["sentences"] for block in blocks), "sentences", (low, high))


def model_megabytes(_: Path) -> Measured:
    if not WEIGHTS.is_file():
        raise UserError(f"{WEIGHTS.name} is not there; make train-tagger writes it")
    return Measured(WEIGHTS.stat().st_size / 1e6, 1, "file")


@cache
def _canonical(name: str, folder: Path) -> dict[str, Any]:
    return canonical_score.score(CANONICAL / f"{name}.jsonl", folder)


def _bcubed(name: str) -> Gate:
    def bcubed(folder: Path) -> Measured:
        score = _canonical(name, folder)
        return Measured(score["bcubed"], score["articles"], "articles")

    return bcubed


def _tagged(name: str) -> Gate:
    def tagged(folder: Path) -> Measured:
        score = canonical_score.score_tagged(CANONICAL / f"{name}.jsonl", tagger("copydesk"), folder)
        return Measured(score["bcubed"], score["articles"], "articles")

    return tagged


def _margin(name: str) -> Gate:
    def margin(folder: Path) -> Measured:
        score = _canonical(name, folder)
        return Measured(score["bcubed"] - score["exact_string_bcubed"], score["articles"], "articles")

    return margin


GATES: Final[Mapping[str, Gate]] = {
    "entities.pud.f1": pud_f1,
    "entities.wikigold.f1": wikigold_f1,
    "entities.model.megabytes": model_megabytes,
    "entities.canonical.bcubed.open": _bcubed("open"),
    "entities.canonical.bcubed.sealed": _bcubed("sealed"),
    "entities.canonical.margin.open": _margin("open"),
    "entities.canonical.margin.sealed": _margin("sealed"),
}

# On the spans that the tagger found, where its mistakes and the canonicaliser's add up: told, and held to no floor.
REPORTED: Final[Mapping[str, Gate]] = {
    "entities.canonical.bcubed.open.tagged": _tagged("open"),
    "entities.canonical.bcubed.sealed.tagged": _tagged("sealed"),
}

Verdict = Literal["holds", "FALLS SHORT", "reported", "MISSING", "ERROR"]


@dataclass(frozen=True, slots=True)
class Row:
    """A gate's outcome; `problem` says why there is no value, and what is only reported has no floor."""

    gate: str
    floor: Floor | None
    verdict: Verdict
    measured: Measured | None = None
    problem: str | None = None


def judged(gates: Mapping[str, Gate], floors: Mapping[str, Floor], folder: Path) -> Iterator[Row]:
    """Each gate against its floor, if it has one, as it is measured."""
    for name, gate in gates.items():
        floor = floors.get(name)
        try:
            measured = gate(folder)
        except UserError as error:
            verdict: Verdict = "MISSING" if isinstance(error, Missing) else "ERROR"
            yield Row(name, floor, verdict, problem=str(error))
            continue
        verdict = "reported" if floor is None else "holds" if floor.holds(measured.value) else "FALLS SHORT"
        yield Row(name, floor, verdict, measured)
