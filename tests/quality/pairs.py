"""How well pairs that were labelled by hand are told apart: tests/quality/pairs, over the items of reuters21578.jsonl.gz."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any, Final

from pipeline.errors import UserError
from tests.quality.judging import Item, judged, read, without_numbers

LABELS: Final = Path(__file__).parent / "pairs"
FILE: Final = "reuters21578.jsonl.gz"

# The standard normal's 97.5 % point: the interval is one of 95 %.
_Z: Final = 1.96


@dataclass(frozen=True, slots=True)
class Score:
    right: int
    """Linked, and labelled `same` or `revision`."""
    wrong: int
    missed: int

    def precision(self) -> tuple[float, float, float]:
        """Its value, and the bounds of its interval."""
        return _share(self.right, self.right + self.wrong)

    def recall(self) -> tuple[float, float, float]:
        return _share(self.right, self.right + self.missed)


def _share(part: int, whole: int) -> tuple[float, float, float]:
    """With the interval of Wilson (1927), which holds for shares near 1 too."""
    if not whole:
        raise UserError("no pair of the set is linked")
    share, square = part / whole, _Z**2 / whole
    middle, half = share + square / 2, _Z * sqrt((share * (1 - share) + square / 4) / whole)
    return share, (middle - half) / (1 + square), (middle + half) / (1 + square)


@cache
def score(half: str, file: Path) -> Score:
    """Of the half "open" or "sealed"."""
    pairs = _labelled(f"{half}.jsonl")
    links = linked(pairs, read(file))
    duplicates = [pair["label"] in ("same", "revision") for pair in pairs]
    both = list(zip(links, duplicates, strict=True))
    return Score(both.count((True, True)), both.count((True, False)), both.count((False, True)))


def templates(half: str, file: Path, *, guard: bool = True) -> tuple[float, int]:
    """Share of the pairs of recurring notices that are linked, and how many pairs there are.

    Args:
        half: "open" or "sealed".
        file: with the items.
        guard: False to compare as if the notices' numbers were not known.
    """
    pairs = [pair for pair in _labelled("templates.jsonl") if pair["half"] == half]
    items = read(file)
    if not guard:
        items = list(map(without_numbers, items))
    links = linked(pairs, items)
    return sum(links) / len(links), len(links)


def linked(pairs: Sequence[dict[str, Any]], items: Sequence[Item]) -> list[bool]:
    """Whether the later item of a pair is called a duplicate or revision, where only the earlier one is known."""
    places = {item.name: place for place, item in enumerate(items)}
    links = []
    for pair in pairs:
        both = sorted(places[pair[side]] for side in ("one", "other"))
        *_, last = judged(items[place] for place in both)
        links.append(last.of is not None)
    return links


def _labelled(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (LABELS / name).read_text(encoding="utf-8").splitlines()]
