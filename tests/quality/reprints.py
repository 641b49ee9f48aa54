"""How many reprints are caught, by what was done to them: reprints.jsonl.gz, scored by the first verdict."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from pipeline.records import Duplicate
from tests.quality.judging import Item, judged, read

FILE: Final = "reprints.jsonl.gz"
ORIGINAL: Final = "original"
EDITS: Final = (
    "boilerplate",
    "combined",
    "cut50%",
    "cut75%",
    "drop20%sentences",
    "edit10%",
    "edit2%",
    "edit5%",
    "embedded",
    "identical",
)


@dataclass(frozen=True, slots=True)
class Score:
    caught: dict[str, float]
    """By type of edit: the share of the reprints whose verdict names their wire."""
    reprints: int
    adjusted_rand: float
    pair_precision: float
    """Of all pairs in one family where both belong to some wire: the share that belongs to one."""

    @property
    def macro(self) -> float:
        return sum(self.caught.values()) / len(self.caught)


@cache
def score(file: Path) -> Score:
    items = read(file)
    return scored(items, list(judged(items)))


@cache
def kinds(file: Path) -> dict[str, int]:
    """How often each verdict is given to the items of another file, which have no labels."""
    return dict(Counter(verdict.kind for verdict in judged(read(file))))


def scored(items: Sequence[Item], verdicts: Sequence[Duplicate]) -> Score:
    """The scores of these verdicts.

    A reprint is caught when `of` belongs to its wire, or is the item that an embedded copy stands in. To a wire belong
    its reprints, its original and what has the very text of the original: two wires were sent twice by the agency itself,
    and the first-arrived member of the family is then the agency's first.
    """
    texts = {item.tagged.sketch.exact: item.labels["group"] for item in items if item.labels.get("edit") == ORIGINAL}
    wires = {item.tagged.article.id: item.labels.get("group") or texts.get(item.tagged.sketch.exact) for item in items}
    names = {item.tagged.article.id: item.name for item in items}
    caught: defaultdict[str, list[bool]] = defaultdict(list)
    families: list[str] = []
    for item, verdict in zip(items, verdicts, strict=True):
        edit = item.labels.get("edit")
        of = verdict.of
        families.append(of or item.tagged.article.id)
        if edit is None or edit == ORIGINAL:
            continue
        right = of is not None and (wires[of] == item.labels["group"] or names[of] == item.labels.get("carrier"))
        caught[edit].append(right)
    labelled = [
        (family, item.labels["group"]) for family, item in zip(families, items, strict=True) if "group" in item.labels
    ]
    rand, precision = pairs_in_common(labelled)
    return Score(
        caught={edit: sum(right) / len(right) for edit, right in sorted(caught.items())},
        reprints=sum(map(len, caught.values())),
        adjusted_rand=rand,
        pair_precision=precision,
    )


def pairs_in_common(labels: Sequence[tuple[str, str]]) -> tuple[float, float]:
    """Adjusted Rand index (Hubert and Arabie, 1985) of two groupings, and the share of the first's pairs that the second has."""
    both, ours, theirs = (
        sum(count * (count - 1) // 2 for count in Counter(part).values())
        for part in (labels, (one for one, _ in labels), (other for _, other in labels))
    )
    chance = ours * theirs / (len(labels) * (len(labels) - 1) / 2)
    return (both - chance) / ((ours + theirs) / 2 - chance), both / ours if ours else 1.0
