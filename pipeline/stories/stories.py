"""The live stories of one language: which one an article belongs to, and the state after it was decided.

Single-pass clustering with sparse centroids and an inverted index (Allan, Papka, Lavrenko: On-line New Event Detection
and Tracking, SIGIR 1998), with time as Miranda et al. (EMNLP 2018) found it to matter most.

`decide` changes nothing; `apply` is the only way the state changes and takes nothing but an update, which holds the
whole new state of a story. So what is live depends only on the updates in the log's window: a story is there exactly as
long as the record of its last update is, and a fold from the window's first record, or from anywhere before it, gives
the same bytes.
"""

from collections import OrderedDict
from collections.abc import Iterator
from typing import Final

from pipeline.records import StorySnapshot
from pipeline.stories.index import Index, Live, alike
from pipeline.stories.packing import Update, unpack_story
from pipeline.stories.rule import Rule
from pipeline.stories.story import Story, Telling, opened, snapshot

# Beside the story chosen, for `copydesk explain`.
_TOLD_OF: Final = 3


class Stories:
    """Stories that can still grow, in the order in which they were last added to."""

    def __init__(self, rule: Rule | None = None) -> None:
        self._rule = rule or Rule()
        # Not a dict: to look at the first of one whose first ones have left takes longer and longer.
        self._live: OrderedDict[str, Live] = OrderedDict()
        self._merged: dict[str, str] = {}
        self._index = Index(self._rule)
        self._idle = int(self._rule.idle.total_seconds() * 1000)

    def __len__(self) -> int:
        return len(self._live)

    def __iter__(self) -> Iterator[Story]:
        return (unpack_story(live.packed) for live in self._live.values())

    def get(self, id_: str) -> Story | None:
        """The live story of that id, or the one it has become part of."""
        live = self._find(id_)
        return unpack_story(live.packed) if live else None

    def told(self, id_: str) -> StorySnapshot | None:
        """What readers are told of the story of that id; of one that became part of another, where it went."""
        story = self.get(id_)
        if story is None or story.id == id_:
            return snapshot(story) if story else None
        whole = snapshot(story)
        return StorySnapshot(
            id=id_, merged_into=whole.id, headline=whole.headline, first=whole.first, last=whole.last, count=0
        )

    def snapshot(self) -> bytes:
        """The whole state; all else is derived from it."""
        return b"".join(len(live.packed).to_bytes(4, "little") + live.packed for live in self._live.values())

    # -- decide ------------------------------------------------------------------------------------------------------

    def decide(self, telling: Telling, family: str | None = None) -> Update:
        """What an article does to the stories.

        Args:
            telling: the article.
            family: for a copy or another version of an article, the story of that one. If it is live no more, the
                article is told as new.
        """
        if family and (live := self._find(family)):
            story = unpack_story(live.packed).followed(telling, self._rule)
            return Update.of(story, "followed", telling.id, telling.vector)
        search = self._index.search(telling.vector, lambda live: self._takes(live, telling))
        fits = [live for likeness, live in search.found if likeness >= self._rule.join]
        others = search.found[bool(fits) : _TOLD_OF + bool(fits)]
        story, took = self._joined(fits, telling) if fits else (opened(telling), None)
        return Update.of(
            story,
            "told" if fits else "opened",
            telling.id,
            telling.vector,
            likeness=search.found[0][0] if fits else 0.0,
            candidates=tuple((live.id, likeness) for likeness, live in others),
            took=took,
            cut=(search.cut_postings, search.cut_stories),
        )

    def _takes(self, live: Live, telling: Telling) -> bool:
        """Whether a story is open to an article: by published time where both say theirs, else by stream time."""
        if telling.published is None or live.dated is None:
            return telling.clock - live.clock <= self._idle
        first, last = live.dated
        return first - self._idle <= telling.published <= last + self._idle

    def _joined(self, fits: list[Live], telling: Telling) -> tuple[Story, str | None]:
        """The story with the article, and with the next best one if the two are one."""
        best, *rest = fits
        story = unpack_story(best.packed)
        if not rest or alike(best, rest[0]) < self._rule.merge:
            return story.told(telling, self._rule), None
        older, younger = sorted((story, unpack_story(rest[0].packed)), key=lambda one: (one.opened, one.id))
        return older.merged_with(younger, self._rule.kept).told(telling, self._rule), younger.id

    # -- apply -------------------------------------------------------------------------------------------------------

    def apply(self, update: Update, sequence: int) -> None:
        """Puts the next record's update in the place of what was known of its story.

        Args:
            update: as decided.
            sequence: of the record that holds it, not below that of any before.
        """
        for id_ in (update.head.id, update.took):
            if id_ and (live := self._live.get(id_)):
                self._drop(live)
        live = Live.of(update, sequence)
        self._live[live.id] = live
        self._merged |= dict.fromkeys(live.merged, live.id)
        self._index.add(live)

    def expire(self, first: int) -> None:
        """Records before `first` have left the window, and the stories that they were the last word on go along."""
        left: list[Live] = []
        while self._live:
            id_, oldest = self._live.popitem(last=False)
            if oldest.sequence >= first:
                self._live[id_] = oldest
                self._live.move_to_end(id_, last=False)
                break
            left.append(oldest)
            self._unlead(oldest)
        self._index.expire(left, first)

    def _drop(self, live: Live) -> None:
        del self._live[live.id]
        self._unlead(live)
        self._index.remove(live)

    def _unlead(self, live: Live) -> None:
        for id_ in live.merged:
            if self._merged.get(id_) == live.id:  # else another has taken it in since
                del self._merged[id_]

    def _find(self, id_: str) -> Live | None:
        return self._live.get(id_) or self._live.get(self._merged.get(id_, ""))
