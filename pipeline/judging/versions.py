"""The versions of one item, in the order that they are versions in and not in that of their arrival."""

from collections.abc import Sequence
from typing import NamedTuple

from pipeline.records import Mark


class Version(NamedTuple):
    """A document as a version of its item; tuples sort as versions follow each other."""

    number: int
    sequence: int
    """Of two that a source gives one number the later arrival is the newer."""


def number(known: Sequence[Version], source_version: int | None, mark: Mark | None) -> int:
    """Number of the version that arrives now: as the source counts, else as its mark does, else the next.

    An UPDATE 2 is the third version. Where a correction has taken that number meanwhile, it is the next as well.
    """
    if source_version is not None:
        return source_version
    following = max((version.number for version in known), default=0) + 1
    if mark and mark.kind == "update" and mark.number is not None:
        counted = mark.number + 1
        return following if any(version.number == counted for version in known) else counted
    return following


def neighbours(known: Sequence[Version], version: Version) -> tuple[Version | None, Version | None]:
    """The versions before and after one, which itself may be among the `known`."""
    before = max((other for other in known if other < version), default=None)
    after = min((other for other in known if other > version), default=None)
    return before, after
