"""What finds names in a text: the interface every engine keeps to."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from pipeline.records import EntityType


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a text that names something: code points `start` to `end`, `end` not included."""

    start: int
    end: int
    type: EntityType


@runtime_checkable
class Tagger(Protocol):
    """An engine that finds names. docs/taggers.md says how one is plugged in.

    An instance lives in one process and serves one call at a time.
    """

    @property
    def name(self) -> str:
        """Engine, model and version, as the record tells it."""

    @property
    def languages(self) -> frozenset[str]:
        """ISO 639-1 codes of the languages it reads."""

    def tag(self, text: str) -> list[Span]:
        """Names in `text`: in order, not overlapping, none across a line feed, without article and possessive.

        Takes any `str`, never raises over its content, and spends time and memory in proportion to its length.
        """
