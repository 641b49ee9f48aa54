"""What is measured, each by a function of the data folder; the floors are in floors.toml."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal

from pipeline.entities.english import WEIGHTS
from pipeline.entities.taggers import tagger
from pipeline.errors import UserError
from tests.quality import canonical_score, ner, pairs, reprints, scores, stories
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


def _caught(choose: Callable[[reprints.Score], float]) -> Gate:
    def caught(folder: Path) -> Measured:
        score = reprints.score(pinned(reprints.FILE, folder))
        return Measured(choose(score), score.reprints, "reprints")

    return caught


def _edited(edit: str) -> Gate:
    return _caught(lambda score: score.caught[edit])


def _links(half: str, choose: Callable[[pairs.Score], tuple[float, float, float]]) -> Gate:
    def links(folder: Path) -> Measured:
        """The lower bound, as a share of two hundred pairs is known to a few hundredths only."""
        score = pairs.score(half, pinned(pairs.FILE, folder))
        _, low, high = choose(score)
        return Measured(low, score.right + score.wrong + score.missed, "pairs", (low, high))

    return links


def _templates(half: str) -> Gate:
    def templates(folder: Path) -> Measured:
        share, count = pairs.templates(half, pinned(pairs.FILE, folder))
        return Measured(share, count, "pairs")

    return templates


def _stories(grouped: Callable[[Path], tuple[float, int]]) -> Gate:
    def stories_bcubed(folder: Path) -> Measured:
        f1, articles = grouped(folder)
        return Measured(f1, articles, "articles")

    return stories_bcubed


def _verdicts(kind: str) -> Gate:
    def verdicts(folder: Path) -> Measured:
        kinds = reprints.kinds(pinned(pairs.FILE, folder))
        return Measured(kinds.get(kind, 0), sum(kinds.values()), "items")

    return verdicts


GATES: Final[Mapping[str, Gate]] = {
    "entities.pud.f1": pud_f1,
    "entities.wikigold.f1": wikigold_f1,
    "entities.model.megabytes": model_megabytes,
    "entities.canonical.bcubed.open": _bcubed("open"),
    "entities.canonical.bcubed.sealed": _bcubed("sealed"),
    "entities.canonical.margin.open": _margin("open"),
    "entities.canonical.margin.sealed": _margin("sealed"),
    "duplicates.reprints.macro": _caught(lambda score: score.macro),
    "duplicates.reprints.worst": _caught(lambda score: min(score.caught.values())),
    "duplicates.reprints.identical": _caught(lambda score: score.caught["identical"]),
    "duplicates.pairs.precision.open": _links("open", pairs.Score.precision),
    "duplicates.pairs.precision.sealed": _links("sealed", pairs.Score.precision),
    "duplicates.pairs.recall.open": _links("open", pairs.Score.recall),
    "duplicates.pairs.recall.sealed": _links("sealed", pairs.Score.recall),
    "duplicates.templates.open": _templates("open"),
    "duplicates.templates.sealed": _templates("sealed"),
    "stories.bcubed.window_off": _stories(stories.window_off),
    "stories.bcubed.window_on": _stories(stories.window_on),
}

# Told, and held to no floor. Names as the tagger found them: its mistakes and the canonicaliser's add up.
REPORTED: Final[Mapping[str, Gate]] = {
    "entities.canonical.bcubed.open.tagged": _tagged("open"),
    "entities.canonical.bcubed.sealed.tagged": _tagged("sealed"),
    "duplicates.reprints.rand": _caught(lambda score: score.adjusted_rand),
    "duplicates.reprints.pairs": _caught(lambda score: score.pair_precision),
    **{f"duplicates.reprints.{edit}": _edited(edit) for edit in reprints.EDITS if edit != "identical"},
    "stories.bcubed.words_only": _stories(stories.words_only),
    **{f"duplicates.reuters.{kind}": _verdicts(kind) for kind in ("exact", "near", "revision", "digest")},
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
