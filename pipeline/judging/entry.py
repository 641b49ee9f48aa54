"""What the owner's log holds: an entry for each thing that was decided.

`decide` (decide.py) makes an entry and changes nothing, `State.apply` changes the state by an entry and by nothing else. How
an entry looks in bytes: codec.py.
"""

from dataclasses import dataclass, field

from pipeline.duplicates.evidence import Evidence
from pipeline.records import Duplicate, Status, TimeSource
from pipeline.stories.packing import Update


@dataclass(frozen=True, slots=True)
class Candidate:
    """An article that was compared with the one decided on, for `copydesk explain`."""

    id: str
    similarity: float
    containment: float | None
    numbers: float | None
    """Share of the shorter text's numbers that the longer one has; None where it has none."""
    names: float | None
    hours: float | None
    """Between their publications, None where one is undated."""
    rule: str
    """Which rule took or refused it, in a few words of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about a document when its id came first. Times are milliseconds since 1970."""

    id: str
    own_item: str
    """What its source calls the item."""
    item_id: str
    """The item it is a version of: its own, or, where a headline's mark told, that of the article it revises."""
    source: int
    """64-bit hash of the source's name: a mark revises what the same source sent."""
    title: int
    """64-bit hash of the headline without its mark, which a kill notice repeats."""
    received: int
    received_from: TimeSource
    published: int | None
    clock: int
    """Stream time after this entry."""
    offset: int
    """Where the tagged article stands in its partition: a changed record is made from it anew."""
    status: Status
    version: int
    revises: str | None
    duplicate: Duplicate
    candidates: tuple[Candidate, ...]
    """The decider, then the three next."""
    merged: tuple[str, ...]
    """Founders whose families are from now on that of `duplicate.of`."""
    evidence: Evidence
    story: Update | None
    compared: int = field(default=0, compare=False)
    """With how many articles: for metrics, and not in the log."""

    @property
    def key(self) -> str:
        """Of its record in the log: the document's id."""
        return self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """A notice that takes items back."""

    id: str
    """Of the withdrawal itself: two notices in the same words may take back different things."""
    notice: str
    """Id of the document that said so."""
    targets: tuple[str, ...]
    """Ids of items and of documents, also of such that have not come yet."""
    received: int
    dated: int
    """Time of the document before it. Who takes back an archive's article does so today, and that moves no clock."""
    clock: int
    stories: tuple[Update, ...]
    """Stories without the withdrawn articles."""

    @property
    def key(self) -> str:
        return self.notice


Entry = Decision | Withdrawal
