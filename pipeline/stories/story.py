"""One event as told so far, and what an article does to it."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, TypeVar

from pipeline.records import StorySnapshot, Tagged
from pipeline.stories import vector as vectors
from pipeline.stories.centroid import Centroid
from pipeline.stories.rule import Rule
from pipeline.stories.vector import Vector

MEMBERS: Final = 50
SOURCES: Final = 10
# Names that are counted: six times what a snapshot shows, so that a name which comes late can still overtake.
NAMES: Final = 30
SHOWN: Final = 5  # of each kind
# Stories taken in: those whose readers can still be led on. One in a hundred stories takes in more than two.
MERGED: Final = 16
# Characters of a headline, of a name, of a source's name: what bounds a story to about 5 kB.
HEADLINE: Final = 200
NAME: Final = 80

EMPTY: Final = vectors.EMPTY
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)

Name = tuple[str, str]  # type and name
K = TypeVar("K", Name, str)
Tally = tuple[tuple[K, int], ...]


@dataclass(frozen=True, slots=True)
class Telling:
    """What stories need to know of an article. Times are milliseconds since 1970."""

    id: str
    source: str
    headline: str | None
    clock: int
    """Stream time at its turn."""
    published: int | None
    """Not after `received`; None where the article does not say."""
    vector: Vector
    names: tuple[Name, ...] = ()
    """Type and name of its main people, organisations and places."""

    @property
    def evidence(self) -> int:
        return self.clock if self.published is None else self.published


def telling(tagged: Tagged, clock: int) -> Telling:
    """What an article tells, at stream time `clock`, in milliseconds.

    Raises:
        VectorError: its vector cannot be read.
    """
    article = tagged.article
    return Telling(
        id=article.id,
        source=article.source[:NAME],
        headline=article.headline[:HEADLINE] if article.headline else None,
        clock=clock,
        published=milliseconds(min(article.published, article.received)) if article.published else None,
        vector=vectors.from_text(tagged.vector) if tagged.vector else EMPTY,
        names=tuple((entity.type, entity.name[:NAME]) for entity in vectors.main(tagged.entities)),
    )


def milliseconds(time: datetime) -> int:
    return (time - _EPOCH) // _MILLISECOND


def moment(time: int) -> datetime:
    return _EPOCH + time * _MILLISECOND


@dataclass(frozen=True, slots=True)
class Example:
    """The most central article of a story, whose headline speaks for it."""

    document: str
    headline: str | None
    vector: Vector


@dataclass(frozen=True, slots=True)
class Story:
    """The state of one story. Times are milliseconds since 1970."""

    id: str
    """Of its first document."""
    count: int
    """Articles in it, copies and versions too."""
    tellings: int
    """Those that the centroid is the sum of."""
    opened: int
    """Stream time of its first article."""
    clock: int
    """Stream time of its last one."""
    first: int
    """Evidence time, which is published, or stream time where that is not known."""
    last: int
    dated: tuple[int, int] | None
    """First and last published time."""
    centroid: Centroid
    example: Example
    members: tuple[str, ...]
    """The latest, in order of arrival."""
    sources: Tally[str]
    """With the number of articles of each, the largest first."""
    names: Tally[Name]
    """With the number of articles that have it among their main names, the largest first."""
    merged: tuple[str, ...] = ()
    """Stories that became part of it, the latest."""

    def told(self, telling: Telling, rule: Rule) -> "Story":
        """With an article that tells it in words of its own."""
        centroid = self.centroid.plus(telling.vector, rule.kept)
        return replace(
            self.followed(telling, rule),
            tellings=self.tellings + 1,
            centroid=centroid,
            example=_central(centroid, self.example, Example(telling.id, telling.headline, telling.vector)),
            names=_tallied(self.names, _once(telling.names), NAMES),
        )

    def followed(self, telling: Telling, rule: Rule) -> "Story":
        """With a copy or another version of an article that it has: counted, and no more heard for it.

        A published time that no article could have joined with is not believed: a reprint that says 1970 would open the
        story to all articles of the years between.
        """
        return replace(
            self._timed(telling, rule.idle),
            count=self.count + 1,
            clock=max(self.clock, telling.clock),
            members=(*self.members, telling.id)[-MEMBERS:],
            sources=_tallied(self.sources, ((telling.source, 1),), SOURCES),
        )

    def left(self, document: str) -> "Story":
        """Without an article that its source has taken back.

        What it added to centroid, names and sources is known no more and stays, until there is no article left: then
        nothing of it is told, and the centroid alone waits for others.
        """
        members = tuple(member for member in self.members if member != document)
        story = replace(self, count=max(self.count - 1, 0), members=members)
        if not story.count:
            story = replace(story, names=(), sources=())
        elif document != self.example.document:
            return story
        # Of the others only the sum is known: the next that comes is the example.
        return replace(story, example=Example(document, None, EMPTY))

    def _timed(self, telling: Telling, idle: timedelta) -> "Story":
        published, within = telling.published, idle // _MILLISECOND
        first, last = self.dated or (self.first, self.last)
        if published is not None and not first - within <= published <= last + within:
            return self
        times = (*(self.dated or ()), *(() if published is None else (published,)))
        return replace(
            self,
            first=min(self.first, telling.evidence),
            last=max(self.last, telling.evidence),
            dated=(min(times), max(times)) if times else None,
        )

    def merged_with(self, younger: "Story", kept: int) -> "Story":
        """Both as one, under this one's id."""
        centroid = self.centroid.plus(younger.centroid, kept)
        times = (*(self.dated or ()), *(younger.dated or ()))
        return Story(
            id=self.id,
            count=self.count + younger.count,
            tellings=self.tellings + younger.tellings,
            opened=self.opened,
            clock=max(self.clock, younger.clock),
            first=min(self.first, younger.first),
            last=max(self.last, younger.last),
            dated=(min(times), max(times)) if times else None,
            centroid=centroid,
            example=_central(centroid, self.example, younger.example),
            members=(*self.members, *younger.members)[-MEMBERS:],
            sources=_tallied(self.sources, younger.sources, SOURCES),
            names=_tallied(self.names, younger.names, NAMES),
            merged=(*self.merged, *younger.merged, younger.id)[-MERGED:],
        )


def opened(telling: Telling) -> Story:
    """The story that an article begins."""
    return Story(
        id=telling.id,
        count=1,
        tellings=1,
        opened=telling.clock,
        clock=telling.clock,
        first=telling.evidence,
        last=telling.evidence,
        dated=None if telling.published is None else (telling.published, telling.published),
        centroid=Centroid.of(telling.vector),
        example=Example(telling.id, telling.headline, telling.vector),
        members=(telling.id,),
        sources=((telling.source, 1),),
        names=_once(telling.names),
    )


def snapshot(story: Story) -> StorySnapshot:
    """What readers are told of it."""

    def names(*kinds: str) -> tuple[str, ...]:
        return tuple(name for (kind, name), _ in story.names if kind in kinds)[:SHOWN]

    return StorySnapshot(
        id=story.id,
        headline=story.example.headline,
        entities=names(*vectors.KINDS),
        people=names("PERSON"),
        organisations=names("ORGANISATION"),
        places=names("PLACE"),
        sources=tuple(source for source, _ in story.sources),
        first=moment(story.first),
        last=moment(story.last),
        members=story.members,
        count=story.count,
    )


def _central(centroid: Centroid, held: Example, other: Example) -> Example:
    """Which of the two is nearer to the middle, of those that have a headline."""
    if other.headline is None:
        return held
    return other if held.headline is None or centroid.cosine(other.vector) > centroid.cosine(held.vector) else held


def _tallied(held: Tally[K], more: Tally[K], most: int) -> Tally[K]:
    """Both together, the largest first; of equals those just named, so that what comes late finds a place."""
    sums = dict(more)
    for key, number in held:
        sums[key] = sums.get(key, 0) + number
    ranked = sorted(sums.items(), key=lambda tally: -tally[1])
    return tuple((key, number) for key, number in ranked[:most] if number > 0)


def _once(names: tuple[Name, ...]) -> Tally[Name]:
    return tuple((name, 1) for name in dict.fromkeys(names))
