"""What one partition remembers: the fingerprints of its last days, and the verdict on a document that they give.

The state is a fold over the partition's log of fingerprints. Three things take a record out of the window: a later
record whose clock is more than `days` ahead (it takes all before it along), `documents` later ones, and a later one of
the same id. All three are later in the log than the record, so whether it is still there depends on the log from it
onwards and on nothing before: a fold that starts at the window's first record, or anywhere before it, ends in the same
state, and the log below the window can be cut off.

The caller that cuts keeps the offsets of the records that `fold` said True to, and drops the first of them while there
are more than `len(window)`. The first one left is then that of the window's first record, or lies before it where an
id came twice.
"""

from collections import Counter, deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from pipeline.duplicates.clock import WITNESSES, advance
from pipeline.duplicates.estimate import Likeness, estimate
from pipeline.duplicates.postings import Postings
from pipeline.duplicates.rule import Rule
from pipeline.duplicates.sketch import Hashes, unpack
from pipeline.identity import item_id
from pipeline.records import Duplicate, Fingerprint, Sketch, Tagged, encode

_UNIQUE: Final = Duplicate(kind="unique")


class Window:
    """The fingerprints of one partition that can still decide something, in the order of its log."""

    def __init__(self, *, days: float, documents: int, rule: Rule | None = None) -> None:
        """An empty window.

        Args:
            days: how far a record's clock may lie behind the newest.
            documents: how many records are held at most, at least 1.
            rule: when two articles are duplicates; the default one if none is given.
        """
        self._span = timedelta(days=days)
        self._documents = documents
        self._rule = rule or Rule()
        self._next = 0  # sequence numbers count what was folded: they order the records, and are in no output
        self._first = 0
        self._records: dict[int, Fingerprint] = {}
        self._sequences: dict[str, int] = {}
        self._same: Postings[str] = Postings()
        self._alike: Postings[int] = Postings()
        # Records with no lower clock behind them, clocks ascending: all records, where nobody else writes to the log.
        self._clocks: deque[tuple[int, datetime]] = deque()

    def __contains__(self, document: object) -> bool:
        return document in self._sequences

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Fingerprint]:
        return iter(self._records.values())

    @property
    def clock(self) -> datetime | None:
        """Stream time: the clock of the last record, None before the first."""
        return next((record.clock for record in reversed(self._records.values())), None)

    def snapshot(self) -> bytes:
        """The whole state: the records in the order of the log, one a line. All else is derived from them."""
        return b"".join(encode(record) + b"\n" for record in self)

    def judge(self, tagged: Tagged) -> Fingerprint:
        """What is decided about a document now, or was when its id came first. Changes nothing.

        Raises:
            FoldError: its sketch cannot be read.
        """
        article = tagged.article
        if article.id in self._sequences:
            return self._records[self._sequences[article.id]]
        hashes = unpack(tagged.sketch)
        just_before = islice(reversed(self._records.values()), WITNESSES - 1)
        clock = advance(self.clock, article.received, (record.received for record in just_before))
        published = min(article.published, article.received) if article.published else None
        duplicate = self._verdict(tagged.sketch, hashes, published, clock)
        return Fingerprint(
            id=article.id,
            item_id=item_id(article.source, article.source_id, article.id),
            received=article.received,
            received_from=article.received_from,
            published=published,
            clock=clock,
            sketch=tagged.sketch,
            # A document that comes again after it has left the window can meet the family it founded.
            duplicate=_UNIQUE if duplicate.of == article.id else duplicate,
        )

    def fold(self, fingerprint: Fingerprint) -> bool:
        """Adds the next record of the log and drops what it pushes out: the only way the state changes.

        Returns False if the id was in the window: its record gives way to the new one, which stands at the end. Only
        somebody else's write does that; an owner writes no second record of an id that is `in` the window.

        Raises:
            FoldError: the sketch cannot be read. Nothing has changed; count the record and go on.
        """
        hashes = unpack(fingerprint.sketch)
        known = self._sequences.get(fingerprint.id)
        if known is not None:
            self._forget(known)
        sequence = self._next
        self._next += 1
        self._records[sequence] = fingerprint
        self._sequences[fingerprint.id] = sequence
        self._same.add(fingerprint.sketch.exact, sequence)
        for key in self._keys(hashes):
            self._alike.add(key, sequence)
        self._expire(sequence, fingerprint.clock)
        return known is None

    def _expire(self, sequence: int, clock: datetime) -> None:
        while self._clocks and self._clocks[-1][1] > clock:
            self._clocks.pop()
        self._clocks.append((sequence, clock))
        while clock - self._clocks[0][1] > self._span:
            self._forget_through(self._clocks.popleft()[0])
        while len(self._records) > self._documents:
            self._forget_through(self._first)
        while self._first not in self._records:
            self._first += 1
        while self._clocks[0][0] < self._first:
            self._clocks.popleft()

    def _forget_through(self, last: int) -> None:
        for sequence in range(self._first, last + 1):
            if sequence in self._records:  # else a later record of the same id has replaced it
                self._forget(sequence)
        self._first = last + 1

    def _forget(self, sequence: int) -> None:
        record = self._records.pop(sequence)
        del self._sequences[record.id]
        self._same.remove(record.sketch.exact, sequence)
        for key in self._keys(unpack(record.sketch)):
            self._alike.remove(key, sequence)

    def _keys(self, hashes: Hashes) -> list[int]:
        keys: list[int] = hashes[: self._rule.keys].tolist()
        return keys

    def _verdict(self, sketch: Sketch, hashes: Hashes, published: datetime | None, clock: datetime) -> Duplicate:
        if not sketch.words:  # texts without a word are not copies of each other
            return _UNIQUE
        for sequence in self._same.ends(sketch.exact, self._rule.earliest, self._rule.latest):
            record = self._records[sequence]
            if clock - record.clock <= self._span:
                return Duplicate(kind="exact", of=_family(record), similarity=1.0, containment=1.0)
        best: tuple[Likeness, Fingerprint] | None = None
        for record in self._candidates(sketch, hashes):
            if clock - record.clock > self._span:
                continue
            likeness = estimate(hashes, unpack(record.sketch))
            apart = abs(published - record.published) if published and record.published else None
            better = best is None or likeness.similarity > best[0].similarity
            if better and self._rule.accepts(likeness, sketch, record.sketch, apart):
                best = likeness, record
        if best is None:
            return _UNIQUE
        (similarity, containment), record = best
        return Duplicate(
            kind="near",
            of=_family(record),
            similarity=round(similarity, 4),
            containment=None if containment is None else round(containment, 4),
        )

    def _candidates(self, sketch: Sketch, hashes: Hashes) -> Iterator[Fingerprint]:
        """Records that share enough keys, in the order of the log."""
        shared: Counter[int] = Counter()
        for key in self._keys(hashes):
            shared.update(self._alike.ends(key, self._rule.earliest, self._rule.latest))
        for sequence in sorted(shared):
            record = self._records[sequence]
            enough = 1 if sketch.shingles == 1 or record.sketch.shingles == 1 else self._rule.shared
            if shared[sequence] >= enough:
                yield record


def _family(record: Fingerprint) -> str:
    """The first-arrived member of a record's family. Chains stay flat: it is never another's duplicate itself."""
    return record.duplicate.of or record.id
