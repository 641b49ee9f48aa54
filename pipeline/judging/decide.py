"""What is decided about a document that has not been seen: an entry for the log, made from the state without changing it."""

from dataclasses import replace
from math import isnan
from typing import Final

import numpy as np
import xxhash

from pipeline.duplicates import evidence, marks, verdict
from pipeline.duplicates.estimate import estimate
from pipeline.duplicates.evidence import Evidence
from pipeline.duplicates.rule import Rule
from pipeline.duplicates.sketch import ALONE
from pipeline.duplicates.verdict import Considered, Verdict
from pipeline.identity import document_id, item_id
from pipeline.judging import versions
from pipeline.judging.codes import NO_TIME
from pipeline.judging.entry import Candidate, Decision, Entry, Withdrawal
from pipeline.judging.held import Held
from pipeline.judging.state import State
from pipeline.judging.versions import Version
from pipeline.records import Article, Duplicate, Judged, Status, Tagged
from pipeline.stories.packing import Update
from pipeline.stories.story import Story, milliseconds, telling

NO_TITLE: Final = 0
# Of 5-grams. Texts of one source about other things share less than a hundredth, a piece rewritten from top to bottom
# keeps its quotes and its background.
REWRITTEN: Final = 0.1


def decide(state: State, tagged: Tagged, offset: int, rule: Rule | None = None) -> Entry | None:
    """The entry for a document; None if there is one already.

    Args:
        state: before it.
        tagged: the document.
        offset: where it stands in its partition.
        rule: when two texts are copies; the default one if none is given.

    Raises:
        FoldError: its sketch can't be read.
        VectorError: its story vector can't be read.
    """
    article = tagged.article
    if article.withdraws:
        return _withdrawal(state, tagged)
    if article.id in state:
        return None
    received = milliseconds(article.received)
    clock = state.clock(received)
    published = min(milliseconds(article.published), received) if article.published else None
    held, found = state.held(clock), evidence.of(tagged.sketch)
    decided = verdict.decide(held, found, published=published, mark=tagged.mark, rule=rule)
    source = _hashed(article.source)
    own_item = item_id(article.source, article.source_id, article.id)
    item = _item(state, own_item, decided, source)
    others = state.versions(item)
    number = versions.number(others, article.source_version, tagged.mark)
    before, after = versions.neighbours(others, Version(number, state.window.next))
    if neighbour := before or after:
        decided = _as_version(decided, held, found, neighbour.sequence)
    duplicate, merged = _duplicate(state, held, article.id, decided)
    status: Status = "withdrawn" if state.taken_back(article.id, own_item, item) else article.status
    return Decision(
        id=article.id,
        own_item=own_item,
        item_id=item,
        source=source,
        title=title(article),
        received=received,
        received_from=article.received_from,
        published=published,
        clock=clock,
        offset=offset,
        status=status,
        version=number,
        revises=state.known(before.sequence).id if before else None,
        duplicate=duplicate,
        candidates=tuple(_candidate(state, considered) for considered in decided.considered),
        merged=merged,
        evidence=found,
        story=None if status == "withdrawn" else _story(state, tagged, decided, clock),
        compared=decided.compared,
    )


def judge(state: State, tagged: Tagged, offset: int) -> Judged | None:
    """Decides and applies, and returns the record as things stand then: what an owner does, without a log.

    None for a withdrawal notice, and for a document whose tombstone has been sent.
    """
    entry = decide(state, tagged, offset)
    if entry:
        state.apply(entry)
    number = state.find(tagged.article.id)
    if tagged.article.withdraws or number is None:
        return None
    return state.judged(tagged, state.known(number))


def title(article: Article) -> int:
    """64 bits for a headline without its mark, `NO_TITLE` where there is none."""
    rest = marks.read(article.headline)[1] if article.headline else ""
    return _hashed(" ".join(rest.casefold().split())) if rest else NO_TITLE


def _hashed(text: str) -> int:
    return xxhash.xxh3_64_intdigest(text.encode())


# -- versions and duplicates ---------------------------------------------------------------------------------------------


def _item(state: State, own_item: str, decided: Verdict, source: int) -> str:
    """What it is a version of: what its source says, else what its mark says, if the same source sent that."""
    item = state.item(own_item)
    if item != own_item or state.versions(own_item) or decided.kind != "revision" or decided.of is None:
        return item
    same_source = state.window.field("source", decided.of) == source
    return state.known(decided.of).item_id if same_source else own_item


def _as_version(decided: Verdict, held: Held, found: Evidence, neighbour: int) -> Verdict:
    """The verdict on a document whose source says that it is a version of another.

    A rewritten piece is a revision still. Of what has next to nothing in common with it, under an id that its source
    uses for one thing after the other, the text alone tells.
    """
    if decided.kind == "digest":
        return decided  # of which another version is a digest again, and nobody's original
    other = held.evidence(neighbour)
    likeness = estimate(found.hashes, *held.sketches(np.array([neighbour])))
    similarity, containment = float(likeness.similarity[0]), float(likeness.containment[0])
    alert = min(found.words, other.words) < ALONE  # too few 5-grams to keep one through a rewrite
    if not alert and max(similarity, 0 if isnan(containment) else containment) < REWRITTEN:
        return decided
    return replace(
        decided,
        kind="exact" if found.exact == other.exact else "revision",
        of=neighbour,
        similarity=round(similarity, 4),
        containment=None if isnan(containment) else round(containment, 4),
        direction=decided.direction if decided.of == neighbour else None,
        families=decided.families if neighbour in decided.families else (),
    )


def _duplicate(state: State, held: Held, document: str, decided: Verdict) -> tuple[Duplicate, tuple[str, ...]]:
    """The verdict for the record, and the founders whose families turn out to be that of `duplicate.of`."""
    if decided.of is None:
        return Duplicate(kind=decided.kind), ()
    founders = {held.family(number): number for number in reversed((decided.of, *decided.families))}
    founders.pop(document, None)  # one that comes again after it has left the window can meet the family it founded
    if not founders:
        return Duplicate(kind="unique"), ()
    first = min(founders, key=lambda founder: (_arrival(state, founder), founders[founder]))
    duplicate = Duplicate(
        kind=decided.kind,
        of=first,
        similarity=decided.similarity,
        containment=decided.containment,
        direction=decided.direction,
        withdrawn=state.taken_back(first),
    )
    return duplicate, tuple(founder for founder in founders if founder != first)


def _arrival(state: State, founder: str) -> int:
    """Order of arrival: what has left the window came before all that is in it."""
    number = state.find(founder)
    return -1 if number is None else number


def _candidate(state: State, considered: Considered) -> Candidate:
    return Candidate(state.window.digest("id", considered.sequence).hex(), *considered[1:])


# -- stories -------------------------------------------------------------------------------------------------------------


def _story(state: State, tagged: Tagged, decided: Verdict, clock: int) -> Update | None:
    mark = tagged.mark.kind if tagged.mark else None
    if mark == "advisory" or decided.kind == "digest":
        return None  # neither tells one event
    told = telling(tagged, clock)
    if decided.of is not None:
        return state.stories.decide(told, state.known(decided.of).story)
    update = state.stories.decide(told)
    if mark == "roundup" and update.operation == "told":  # it belongs there, and its many subjects are not the story's
        return state.stories.decide(told, update.head.id)
    return update


# -- withdrawals ---------------------------------------------------------------------------------------------------------


def _withdrawal(state: State, notice: Tagged) -> Withdrawal | None:
    article = notice.article
    assert article.withdraws
    # The notice's own id is made of its bytes, and an empty one may take back one thing after the other.
    id_ = document_id("withdrawal", article.withdraws, article.id.encode())
    if id_ in state:
        return None
    targets = [article.withdraws, state.item(article.withdraws)]
    number = state.find(article.withdraws)
    if number is not None:
        targets.append(state.known(number).item_id)
    if not state.withdrawn(targets) and notice.mark and (headline := title(article)) != NO_TITLE:
        # A notice under an id of its own names what it takes back by its headline: the last piece under that.
        found = state.entitled(_hashed(article.source), headline)
        targets += [state.known(number).item_id for number in found[-1:]]
    numbers = state.withdrawn(targets)
    documents = [state.known(number).id for number in numbers]
    return Withdrawal(
        id=id_,
        notice=article.id,
        targets=tuple(dict.fromkeys((*targets, *documents))),
        received=milliseconds(article.received),
        dated=state.window.field("dated", state.window.next - 1) if len(state) else NO_TIME,
        clock=NO_TIME if state.window.clock is None else state.window.clock,
        stories=tuple(_without(state, numbers)),
    )


def _without(state: State, numbers: list[int]) -> list[Update]:
    """The stories of withdrawn documents as they are without them."""
    stories: dict[str, Story] = {}
    last: dict[str, str] = {}
    for seen in map(state.known, numbers):
        if seen.story and (story := state.stories.get(seen.story)):
            stories[story.id] = stories.get(story.id, story).left(seen.id)
            last[story.id] = seen.id
    return [Update.of(story, "left", last[id_]) for id_, story in stories.items()]
