"""The window as a verdict asks it: what is still in it at an article's time, by family."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from pipeline.duplicates.estimate import Counts, Matrix
from pipeline.duplicates.evidence import Evidence
from pipeline.duplicates.sketch import SIZE, Hashes
from pipeline.duplicates.window import UNKNOWN, Window
from pipeline.judging.codes import KINDS
from pipeline.records import Kind

# Of one text, the newest so many: each names the family.
_SAME: Final = 8


class Held:
    """See pipeline/duplicates/verdict.py: Held."""

    def __init__(self, window: Window, founder: Callable[[str], str], clock: int) -> None:
        """Args: founder: of the family that a founder's family has become part of, else itself."""
        self._window, self._founder, self._since = window, founder, window.since(clock)

    def same(self, exact: bytes) -> Sequence[int]:
        return sorted(number for number in self._window.having("exact", exact, _SAME) if number >= self._since)

    def candidates(self, hashes: Hashes) -> tuple[Counts, Counts]:
        return self._window.candidates(hashes, probed=SIZE, since=self._since)

    def sketches(self, sequences: Counts) -> tuple[Matrix, Counts]:
        return self._window.hashes(sequences), self._window.column("hashes", sequences).astype(np.int64)

    def evidence(self, sequence: int) -> Evidence:
        return self._window.evidence(sequence)

    def published(self, sequence: int) -> int | None:
        published = self._window.field("published", sequence)
        return None if published == UNKNOWN else published

    def kind(self, sequence: int) -> Kind:
        return KINDS[self._window.field("kind", sequence)]

    def family(self, sequence: int) -> str:
        return self._founder(self._window.digest("root", sequence).hex())
