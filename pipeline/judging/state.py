"""All that one language's owner knows, as a fold over its log.

`decide` (decide.py) makes an entry of an article and changes nothing; `apply` changes the state by an entry and by nothing
else. A live owner runs both, one that reads its log back runs `apply` alone. What is remembered is in the entries of the
window or follows from them: any prefix of the log, folded from the window's first entry or from anywhere before it, ends
in the same state, and what is below the window can be cut off.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from pipeline.duplicates.clock import advance
from pipeline.duplicates.evidence import NOTHING
from pipeline.duplicates.window import Window
from pipeline.emission import erased
from pipeline.judging import versions
from pipeline.judging.codes import NO_ID, NO_TIME, STATUSES
from pipeline.judging.entry import Decision, Entry, Withdrawal
from pipeline.judging.held import Held
from pipeline.judging.known import Known, known, row_of, row_of_notice
from pipeline.judging.versions import Version
from pipeline.judging.withdrawals import Withdrawals
from pipeline.records import Judged, StoryRef, Tagged
from pipeline.settings import Settings
from pipeline.stories.stories import Stories
from pipeline.stories.story import moment

# Documents of one item or one family that are looked at. A story with a hundred takes is a record.
_MOST: Final = 1000
# What was decided and not acknowledged comes again after a crash, a batch at most (COPYDESK_BATCH_DOCUMENTS). It has its
# verdict, also where the clock of an archive has jumped by weeks in between.
_REDELIVERED: Final = 10_000
_WITHDRAWN: Final = STATUSES.index("withdrawn")


@dataclass(frozen=True, slots=True)
class Change:
    """What an entry changed beside adding itself: whose records have to be written again."""

    amended: tuple[str, ...] = ()
    """Documents with another version before or after them, another status, or an original that was withdrawn."""
    erased: tuple[str, ...] = ()
    """Documents whose tombstone is due."""
    stories: tuple[str, ...] = ()
    """Stories that are not what they were."""
    withdrawn: int = 0
    """How many documents are withdrawn from now on."""


class State:
    def __init__(self, *, days: float, documents: int, tombstone_hours: float) -> None:
        """Nothing known yet.

        Args:
            days: how long an entry is remembered, in stream time.
            documents: how many entries at most.
            tombstone_hours: from a withdrawal to the tombstone, in stream time.
        """
        self.window = Window(days=days, documents=documents, least=_REDELIVERED)
        self.stories = Stories()
        self._withdrawals = Withdrawals(round(tombstone_hours * 3_600_000))
        # From an item to the one that it revises, and from a founder to that of the family that took his in. Each with
        # the entry that said so, with which it leaves the window.
        self._items: dict[str, tuple[str, int]] = {}
        self._founders: dict[str, tuple[str, int]] = {}

    @classmethod
    def of(cls, settings: Settings) -> Self:
        return cls(
            days=settings.window_days, documents=settings.window_documents, tombstone_hours=settings.tombstone_hours
        )

    def __len__(self) -> int:
        return len(self.window)

    def __contains__(self, document: str) -> bool:
        return self.find(document) is not None

    def snapshot(self) -> bytes:
        """The whole state; numbers of entries are counted from the window's first, as no two folds begin at one place."""
        first = self.window.first
        led = [
            [(one, other, number - first) for one, (other, number) in table.items()]
            for table in (self._items, self._founders)
        ]
        rest = repr((led, self._withdrawals.snapshot(first)))
        return b"\n".join((self.window.snapshot(), self.stories.snapshot(), rest.encode()))

    # -- what is asked of it -----------------------------------------------------------------------------------------

    def find(self, document: str) -> int | None:
        """Number of the entry of a document or a notice."""
        return self.window.find(bytes.fromhex(document))

    def known(self, number: int) -> Known:
        return known(self.window, number)

    def clock(self, received: int) -> int:
        """Stream time after a document that was received then."""
        now = self.window.clock
        before = [at for at in self.window.just_before() if at != NO_TIME]
        return advance(None if now == NO_TIME else now, received, before)

    def held(self, clock: int) -> Held:
        """What is in the window at that stream time."""
        return Held(self.window, self.founder, clock)

    def founder(self, id_: str) -> str:
        while id_ in self._founders:
            id_ = self._founders[id_][0]
        return id_

    def item(self, id_: str) -> str:
        """The item that an item's documents are versions of."""
        return self._items[id_][0] if id_ in self._items else id_

    def versions(self, item: str) -> list[Version]:
        """Documents of an item; withdrawals are of none."""
        if item == NO_ID.hex():
            return []
        numbers = self.window.having("item", bytes.fromhex(item), _MOST)
        return [Version(self.window.field("version", number), number) for number in numbers]

    def entitled(self, source: int, title: int) -> list[int]:
        """Entries of a source under one headline."""
        numbers = np.arange(self.window.first, self.window.next)
        same = (self.window.column("source", numbers) == source) & (self.window.column("title", numbers) == title)
        return [int(number) for number in numbers[same] if self.window.alive(int(number))]

    def taken_back(self, *targets: str) -> bool:
        return any(target in self._withdrawals for target in targets)

    def withdrawn(self, targets: Iterable[str]) -> list[int]:
        """Entries of the documents that a notice about `targets` takes back, and which are not withdrawn yet."""
        found: set[int] = set()
        for target in targets:
            document = self.find(target)
            found.update(version.sequence for version in self.versions(target))
            if document is not None and self.window.digest("item", document) != NO_ID:
                found.add(document)
        return sorted(number for number in found if self.window.field("status", number) != _WITHDRAWN)

    def judged(self, tagged: Tagged, seen: Known) -> Judged | None:
        """The record of a document as things stand, without its text if it is withdrawn; None after its tombstone.

        Args:
            tagged: the document.
            seen: what is known of it, or will be when its decision is applied.
        """
        if seen.status == "withdrawn" and seen.id in self and self._withdrawals.erased(seen.id):
            return None
        before, after = versions.neighbours(self.versions(seen.item_id), seen.place)
        duplicate = seen.duplicate
        if duplicate.of and not duplicate.withdrawn:
            duplicate = replace(duplicate, withdrawn=self.taken_back(duplicate.of))
        record = Judged(
            tagged=tagged,
            item_id=seen.item_id,
            version=seen.place.number,
            status=seen.status,
            revises=self._id(before.sequence) if before else seen.revises,
            superseded_by=self._id(after.sequence) if after else None,
            received=moment(seen.received),
            received_from=seen.received_from,
            duplicate=duplicate,
            story=StoryRef(id=seen.story) if seen.story else None,
        )
        return erased(record) if record.status == "withdrawn" else record

    def _id(self, number: int) -> str:
        return self.window.digest("id", number).hex()

    # -- apply -------------------------------------------------------------------------------------------------------

    def apply(self, entry: Entry) -> Change:
        """The state after the next entry of the log."""
        change = self._withdraw(entry) if isinstance(entry, Withdrawal) else self._add(entry)
        first = self.window.first
        self.stories.expire(first)
        for table in (self._items, self._founders):
            while table and (oldest := next(iter(table.items())))[1][1] < first:
                del table[oldest[0]]
        return replace(change, erased=tuple(self._withdrawals.expire(first, entry.clock)))

    def _add(self, entry: Decision) -> Change:
        number = self.window.add(row_of(entry), entry.evidence)
        if entry.own_item != entry.item_id:
            self._lead(self._items, entry.own_item, entry.item_id, number)
        if entry.duplicate.of:
            into = self.founder(entry.duplicate.of)
            for founder in entry.merged:
                if founder != into:  # else somebody else wrote this entry, and a circle has no end
                    self._lead(self._founders, founder, into, number)
        if entry.status == "withdrawn":  # taken back before it came, by any of these names
            self._withdrawals.notice(number, (entry.id, entry.own_item, entry.item_id))
            self._withdrawals.withdraw(entry.id, number, entry.clock)
        if entry.story:
            self.stories.apply(entry.story, number)
        around = versions.neighbours(self.versions(entry.item_id), Version(entry.version, number))
        return Change(
            amended=tuple(self._id(other.sequence) for other in around if other),
            stories=_changed(entry),
            withdrawn=int(entry.status == "withdrawn"),
        )

    def _withdraw(self, entry: Withdrawal) -> Change:
        numbers = self.withdrawn(entry.targets)
        number = self.window.add(row_of_notice(entry), NOTHING)
        self._withdrawals.notice(number, entry.targets)
        for story in entry.stories:
            self.stories.apply(story, number)
        amended: list[str] = []
        numbers = [document for document in numbers if document >= self.window.first]  # the notice may push one out
        for document in numbers:
            self.window.set_status(document, _WITHDRAWN)
            id_ = self._id(document)
            self._withdrawals.withdraw(id_, document, entry.clock)
            copies = self.window.having("root", bytes.fromhex(id_), _MOST)
            amended += [id_, *(self._id(copy) for copy in copies if copy != document)]
        return Change(amended=tuple(amended), stories=_changed(entry), withdrawn=len(numbers))

    @staticmethod
    def _lead(table: dict[str, tuple[str, int]], one: str, other: str, number: int) -> None:
        table.pop(one, None)  # they stay in the order in which they leave
        table[one] = (other, number)


def _changed(entry: Entry) -> tuple[str, ...]:
    updates = entry.stories if isinstance(entry, Withdrawal) else (entry.story,) if entry.story else ()
    return tuple(id_ for update in updates for id_ in (update.took, update.head.id) if id_)
