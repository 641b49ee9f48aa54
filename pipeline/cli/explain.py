"""`copydesk explain`: what became of a document, and why."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from itertools import pairwise
from typing import Any, Final

import click
from rich.table import Table
from rich.text import Text

from pipeline.cli import print_json
from pipeline.cli.card import console, print_table, printable
from pipeline.cli.card import time as moment
from pipeline.cli.lookup import ID_SHOWN, Id, print_facts, reading
from pipeline.judging.entry import Candidate
from pipeline.kafka.explain import Explanation, explain
from pipeline.kafka.hops import Hop
from pipeline.kafka.story import Reason
from pipeline.records import Duplicate
from pipeline.settings import load
from pipeline.stories.rule import Rule

UNKNOWN_WORD: Final = "(word no longer known)"
_NO_VERDICT: Final = {
    "dropped": "none, it was dropped",
    "deadletter": "none, it could not be processed: `copydesk dlq show` has its bytes",
}


@click.command()
@click.argument("id_", metavar="ID", type=Id())
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(*, id_: str, as_json: bool) -> None:
    """Tell what became of a document, and why: each record of it, its verdict, its story.

    ID is the id of a document, or how it begins, 8 hex digits or more. It comes from the topics alone, no worker need
    run. Read are enriched, dropped and dead letters, the last hour first, then the last day, then all; then every topic
    from when the document came to its last record; then enriched back to the articles that it was compared with. The
    beginning of an id takes longer: all of the three is read, to see that no other begins so.

    \b
      copydesk explain 53c48dd139620a893060cc64c42256c8
      copydesk explain 53c48dd1
      copydesk explain 53c48dd1 --json | jq .compared
    """
    with reading() as progress:
        explanation = asyncio.run(explain(load(), id_, progress))
    if as_json:
        print_json(_as_json(explanation))
    else:
        _print(explanation)


# -- for programs --------------------------------------------------------------------------------------------------------


def _as_json(of: Explanation) -> dict[str, Any]:
    record, decision, story = of.record, of.decision, of.story
    shown = ("headline", "source", "language", "received", "published", "status", "item_id", "version", "revises")
    return {
        "id": of.id,
        **{name: getattr(record, name) if record else None for name in (*shown, "superseded_by")},
        "duplicate": record.duplicate if record else decision.duplicate if decision else None,
        "compared": [asdict(one) | {"headline": of.headlines.get(one.id)} for one in of.compared],
        "withdrawn_by": of.notices,
        "merged_families": of.merges,
        "story": _story_as_json(of, story) if story else None,
        "hops": [
            asdict(hop.stands) | {"at": hop.at, "seconds": seconds, "what": hop.what}
            for hop, seconds in _timed(of.hops)
        ],
    }


def _story_as_json(of: Explanation, story: Reason) -> dict[str, Any]:
    known = of.stories.get(story.id)
    return asdict(story) | {
        "headline": known.headline if known else None,
        "merged_into": known.merged_into if known else None,
        "others": [
            {"id": id_, "likeness": likeness, "headline": _titles(of).get(id_)} for id_, likeness in story.others
        ],
    }


def _titles(of: Explanation) -> dict[str, str]:
    return {id_: story.headline for id_, story in of.stories.items() if story.headline}


def _timed(hops: tuple[Hop, ...]) -> Iterator[tuple[Hop, float | None]]:
    """Each with the seconds since the one before."""
    yield from ((hop, None) for hop in hops[:1])
    yield from ((hop, (hop.at - earlier.at).total_seconds()) for earlier, hop in pairwise(hops))


# -- for people ----------------------------------------------------------------------------------------------------------


def _print(of: Explanation) -> None:
    screen = console()
    record = of.record
    screen.print(Text(printable((record and record.headline) or "(no headline)"), style="bold"))
    print_facts(screen, [("id", of.id), *([("source", record.source)] if record else ())])
    print()
    rows = [
        (
            f"{hop.topic}[{hop.stands.partition}]@{hop.stands.offset}",
            f"{hop.at:%Y-%m-%d %H:%M:%S}.{hop.at.microsecond // 1000:03}Z",
            "" if seconds is None else _duration(seconds),
            hop.what,
        )
        for hop, seconds in _timed(of.hops)
    ]
    print_table(("record", "written", "after", "what"), rows, right=("after",))
    print()
    print_facts(screen, _verdict(of))
    if of.compared:
        print()
        screen.print(_compared(of))
    if of.decision:
        print()
        print_facts(screen, _story(of, of.story))


def _duration(seconds: float) -> str:
    if abs(seconds) < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if abs(seconds) < 600 else f"{seconds / 3600:.1f} h"


def _named(id_: str, headlines: dict[str, str]) -> str:
    return f"{id_} “{headlines[id_]}”" if id_ in headlines else id_


def _verdict(of: Explanation) -> list[tuple[str, str]]:
    record, decision = of.record, of.decision
    duplicate = record.duplicate if record else decision.duplicate if decision else None
    if duplicate is None:
        return [("verdict", _NO_VERDICT.get(of.hops[-1].topic, "none yet"))]
    facts = [("verdict", _said(duplicate, of.headlines))]
    if of.alone:
        facts.append(("compared", "with none: no article in the window had anything in common with it"))
    if record and (record.version > 1 or record.revises or record.superseded_by):
        facts.append(("version", f"{record.version} of item {record.item_id}"))
        facts += [("revises", _named(record.revises, of.headlines))] if record.revises else []
        facts += [("superseded by", _named(record.superseded_by, of.headlines))] if record.superseded_by else []
    if record and record.status != "usable":
        facts.append(("status", record.status))
    facts += [("withdrawn by", f"notice {notice}") for notice in of.notices]
    if duplicate.withdrawn:
        facts.append(("original", "has been withdrawn by its source"))
    facts += [
        ("family", f"{merge.id} became part of {merge.merged_into} at {moment(merge.at)} by {merge.by}")
        for merge in of.merges
    ]
    return facts


def _said(duplicate: Duplicate, headlines: dict[str, str]) -> str:
    if duplicate.of is None:
        return duplicate.kind
    parts = [f"{duplicate.kind}, of {_named(duplicate.of, headlines)}"]
    if duplicate.similarity is not None:
        parts.append(f"similarity {duplicate.similarity:.2f}")
    if duplicate.containment is not None:
        parts.append(f"containment {duplicate.containment:.2f}")
    if duplicate.direction:
        parts.append({"excerpt": "an excerpt of it", "extended": "an extended version of it"}[duplicate.direction])
    return ", ".join(parts)


def _compared(of: Explanation) -> Table:
    """The decider first, then those that were next."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("compared", no_wrap=True)
    for name in ("similar", "contained", "numbers", "names", "apart"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("rule, headline", overflow="fold")
    for one in of.compared:
        headline = of.headlines.get(one.id, "(headline no longer known)")
        table.add_row(one.id[:ID_SHOWN], *_figures(one), Text(printable(f"{one.rule}\n{headline}", keep="\n")))
    return table


def _figures(one: Candidate) -> Iterator[str]:
    for share in (one.similarity, one.containment, one.numbers, one.names):
        yield "-" if share is None else f"{share:.2f}"
    yield "-" if one.hours is None else f"{one.hours:.1f} h"


def _story(of: Explanation, story: Reason | None) -> list[tuple[str, str]]:
    if story is None:
        return [("story", "none: a digest, an advisory, or withdrawn before it came")]
    titles, known = _titles(of), of.stories.get(story.id)
    facts = [("story", _named(story.id, titles))]
    facts += [("now part of", known.merged_into)] if known and known.merged_into else []
    facts.append(("because", _because(of, story)))
    if story.operation == "told":
        facts.append(("words", ", ".join(dict.fromkeys(word or UNKNOWN_WORD for word in story.words))))
    facts += [("names", ", ".join(story.names))] if story.names else []
    facts += [("next best", f"{likeness:.2f} {_named(id_, titles)}") for id_, likeness in story.others]
    facts += [("took in", f"story {story.took}")] if story.took else []
    return facts


def _because(of: Explanation, story: Reason) -> str:
    if story.operation == "opened":
        return "it is like no story that was open"
    if story.operation == "told":
        return f"likeness {story.likeness:.2f}, {Rule().join:.2f} is enough"
    if of.decision and of.decision.duplicate.of:
        return "it is a copy or a version of an article there"
    return "a roundup: it is told there, and its words do not count"
