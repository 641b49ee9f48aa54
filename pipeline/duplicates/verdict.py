"""What is said of an article, from what the window holds: the one place where evidence becomes a verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan
from typing import Final, NamedTuple, Protocol

import numpy as np

from pipeline.duplicates import digest
from pipeline.duplicates.estimate import Counts, Matrix, estimate
from pipeline.duplicates.evidence import Evidence
from pipeline.duplicates.rule import HOUR, Pair, Rule, compare
from pipeline.duplicates.sketch import Hashes
from pipeline.records import Direction, Kind, Mark

# Those that share the most keys. With all of them not one of 37,436 verdicts is another; with 16, nine are.
COMPARED: Final = 24
# The decider and the three next, for whoever asks why.
TOLD: Final = 4
# A cut of a fifth of the words, or as much added, has a direction; boilerplate of a few lines has none.
ALIKE_IN_LENGTH: Final = 0.8
# Of similarity. A copy that stands in a longer piece on something else would make the two one family, and all copies
# of either from then on copies of whichever came first. No text is more than half like each of two that have nothing in
# common; this is two standard errors above.
ONE_PIECE: Final = 0.6


class Held(Protocol):
    """What a window must answer. Records are sequence numbers, ascending as they came; times are milliseconds."""

    def same(self, exact: bytes) -> Sequence[int]:
        """Records of that text, ascending."""

    def candidates(self, hashes: Hashes) -> tuple[Counts, Counts]:
        """Records with keys among `hashes`, ascending, and how many."""

    def sketches(self, sequences: Counts) -> tuple[Matrix, Counts]:
        """Their hashes, a row each, and how many of a row count."""

    def evidence(self, sequence: int) -> Evidence: ...

    def published(self, sequence: int) -> int | None: ...

    def kind(self, sequence: int) -> Kind:
        """Of its verdict."""

    def family(self, sequence: int) -> str:
        """Id of the first-arrived member of its family."""


class Considered(NamedTuple):
    """An article that was compared."""

    sequence: int
    similarity: float
    containment: float | None
    numbers: float | None
    """Share of the shorter text's numbers that the longer one has; None where it has none."""
    names: float | None
    hours: float | None
    """Between their publications, None where one has none."""
    rule: str
    """What took or refused it, in a few words."""


@dataclass(frozen=True, slots=True)
class Verdict:
    kind: Kind
    of: int | None = None
    """The record that decided: the most similar of those accepted, the earliest of equals."""
    similarity: float | None = None
    containment: float | None = None
    direction: Direction | None = None
    considered: tuple[Considered, ...] = ()
    """The decider, then the three most similar others."""
    families: tuple[int, ...] = ()
    """Accepted ones that it is one piece with, ascending: if they are of several families, it joins them."""
    compared: int = 0
    """With how many: none where the text is known already."""


def decide(
    window: Held,
    evidence: Evidence,
    *,
    published: int | None = None,
    mark: Mark | None = None,
    rule: Rule | None = None,
) -> Verdict:
    """The verdict on an article that is not in the window."""
    kind = mark.kind if mark else None
    if not evidence.words or kind in ("advisory", "withdrawal"):  # texts without a word are not copies of each other
        return Verdict("unique")
    if same := window.same(evidence.exact):
        return _same(window, same, revised=kind in ("correction", "update"))
    found = _Found(window, evidence, published)
    compared = len(found.sequences)
    if kind != "roundup" and digest.holds(window, evidence, found.sequences, found.likeness):
        return Verdict("digest", considered=found.told((), "one of several in a digest"), compared=compared)
    rule = rule or Rule()
    accepted = found.accepted(rule, marked=kind in ("correction", "update")) if kind != "roundup" else ()
    if not accepted:
        told = found.told((), "not asked: a roundup" if kind == "roundup" else None)
        return Verdict("unique", considered=told, compared=compared)
    place = max(accepted, key=lambda place: (found.likeness.similarity[place], -place))
    pair = found.pair(place)
    return Verdict(
        "revision" if kind in ("correction", "update") else "exact" if kind == "repeat" else "near",
        int(found.sequences[place]),
        round(pair.similarity, 4),
        None if pair.containment is None else round(pair.containment, 4),
        _direction(evidence, pair),
        found.told((place, *accepted)),
        tuple(int(found.sequences[other]) for other in accepted if found.likeness.similarity[other] >= ONE_PIECE),
        compared,
    )


def _same(window: Held, same: Sequence[int], *, revised: bool) -> Verdict:
    """Of the first with the same text. A mark then tells of another headline, unless such a copy is held already."""
    kind: Kind = "revision" if revised and all(window.kind(other) != "revision" for other in same) else "exact"
    told = Considered(same[0], 1.0, 1.0, 1.0, 1.0, None, "the same text")
    return Verdict(kind, same[0], 1.0, 1.0, None, (told,), tuple(same))


def _direction(evidence: Evidence, pair: Pair) -> Direction | None:
    if pair.ratio >= ALIKE_IN_LENGTH:
        return None
    return "excerpt" if evidence.words == pair.words else "extended"


class _Found:
    """The candidates of an article and how alike they are."""

    def __init__(self, window: Held, evidence: Evidence, published: int | None) -> None:
        sequences, shared = window.candidates(evidence.hashes)
        if len(sequences) > COMPARED:
            most = np.sort(np.argsort(-shared, kind="stable")[:COMPARED])
            sequences = sequences[most]
        self.sequences = sequences
        self.likeness = estimate(evidence.hashes, *window.sketches(sequences))
        self._window, self._evidence, self._published = window, evidence, published
        self._pairs: dict[int, Pair] = {}
        self._refusals: dict[int, str] = {}

    def pair(self, place: int) -> Pair:
        if place not in self._pairs:
            sequence = int(self.sequences[place])
            other = self._window.evidence(sequence)
            self._pairs[place] = compare(self._evidence, other, self.likeness, place, self._apart(place))
        return self._pairs[place]

    def accepted(self, rule: Rule, *, marked: bool) -> tuple[int, ...]:
        """Places of those that the rule accepts; a digest holds pieces of others and is nobody's original."""
        contained = np.fmax(self.likeness.similarity, self.likeness.containment)
        worth = np.flatnonzero(contained >= (rule.revised if marked else rule.floor)).tolist()
        for place in worth:
            if self._window.kind(int(self.sequences[place])) == "digest":
                self._refusals[place] = "a digest"
                continue
            why = rule.refuses(self.pair(place))
            if why and marked:
                why = rule.refuses_revision(self.pair(place))
            if why:
                self._refusals[place] = why
        return tuple(place for place in worth if place not in self._refusals)

    def told(self, accepted: Sequence[int], otherwise: str | None = None) -> tuple[Considered, ...]:
        """The first of the accepted, then the most similar."""
        alike = sorted(range(len(self.sequences)), key=lambda place: (-self.likeness.similarity[place], place))
        order = dict.fromkeys((*accepted[:1], *alike))
        return tuple(self._told(place, accepted, otherwise) for place in list(order)[:TOLD])

    def _told(self, place: int, accepted: Sequence[int], otherwise: str | None) -> Considered:
        """Numbers and names only where they were asked: most candidates have too little in common for that."""
        why = otherwise or ("accepted" if place in accepted else self._refusals.get(place, "too little in common"))
        pair = self._pairs.get(place)
        containment = float(self.likeness.containment[place])
        apart = self._apart(place)
        return Considered(
            int(self.sequences[place]),
            round(float(self.likeness.similarity[place]), 4),
            None if isnan(containment) else round(containment, 4),
            pair.numbers.share if pair else None,
            pair.names.share if pair else None,
            None if apart is None else apart / HOUR,
            why,
        )

    def _apart(self, place: int) -> int | None:
        before = self._window.published(int(self.sequences[place]))
        return None if before is None or self._published is None else abs(self._published - before)
