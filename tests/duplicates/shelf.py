"""A window that anyone can read: all records in a list, every key looked up in a dictionary of all of them."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from pipeline.duplicates.estimate import Counts, Matrix
from pipeline.duplicates.evidence import Evidence
from pipeline.duplicates.rule import Rule
from pipeline.duplicates.sketch import SIZE, Hashes
from pipeline.duplicates.verdict import Verdict, decide
from pipeline.records import Kind, Mark

KEYS = 16
NEWEST = 8


@dataclass
class Record:
    evidence: Evidence
    published: int | None
    verdict: Verdict
    family: str


@dataclass
class Shelf:
    """What is published `days` before the newest does not count any more; a family is called by its first number."""

    days: float = 1e6
    records: list[Record] = field(default_factory=list)
    _now: int = 0
    _keys: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    _same: defaultdict[bytes, list[int]] = field(default_factory=lambda: defaultdict(list))

    def decided(
        self,
        evidence: Evidence,
        *,
        published: int | None = None,
        mark: Mark | None = None,
        rule: Rule | None = None,
    ) -> Verdict:
        """The verdict on the next article, which is then held."""
        self._now = published or 0
        verdict = decide(self, evidence, published=published, mark=mark, rule=rule)
        number = len(self.records)
        family = str(number) if verdict.of is None else self.records[verdict.of].family
        self.records.append(Record(evidence, published, verdict, family))
        for key in evidence.hashes[:KEYS].tolist():
            self._keys[key].append(number)
        self._same[evidence.exact].append(number)
        return verdict

    # -- what a window answers ---------------------------------------------------------------------------------------

    def _in(self, number: int) -> bool:
        return self._now - (self.records[number].published or 0) <= self.days * 86_400_000

    def same(self, exact: bytes) -> Sequence[int]:
        return [number for number in self._same.get(exact, ()) if self._in(number)]

    def candidates(self, hashes: Hashes) -> tuple[Counts, Counts]:
        shared: Counter[int] = Counter()
        for key in hashes.tolist():
            shared.update([number for number in self._keys.get(key, ())[-NEWEST:] if self._in(number)])
        found = sorted(shared)
        return np.array(found, dtype=np.int64), np.array([shared[number] for number in found], dtype=np.int64)

    def sketches(self, sequences: Counts) -> tuple[Matrix, Counts]:
        matrix = np.zeros((len(sequences), SIZE), dtype=np.uint32)
        lengths = np.zeros(len(sequences), dtype=np.int64)
        for row, number in enumerate(sequences.tolist()):
            hashes = self.records[number].evidence.hashes
            lengths[row] = len(hashes)
            matrix[row, : len(hashes)] = hashes
        return matrix, lengths

    def evidence(self, sequence: int) -> Evidence:
        return self.records[sequence].evidence

    def published(self, sequence: int) -> int | None:
        return self.records[sequence].published

    def kind(self, sequence: int) -> Kind:
        return self.records[sequence].verdict.kind

    def family(self, sequence: int) -> str:
        return self.records[sequence].family
