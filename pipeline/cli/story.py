"""`copydesk story`: what is known of a story, and its articles in order."""

import asyncio
from dataclasses import asdict
from typing import Any, Final

import click
from rich.text import Text

from pipeline.cli import print_json
from pipeline.cli.card import console, print_table, printable, time
from pipeline.cli.lookup import ID_SHOWN, Id, print_facts, reading
from pipeline.kafka.story import Told, story
from pipeline.records import Enriched
from pipeline.settings import load

# Of an article, for programs: the rest is in its enriched record.
_SHOWN: Final = ("id", "item_id", "version", "status", "source", "headline", "published", "received", "duplicate")


@click.command()
@click.argument("id_", metavar="ID", type=Id())
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def command(*, id_: str, as_json: bool) -> None:
    """Show a story and its articles, in the order in which they were published or, undated, received.

    ID is the id of a story or of a document in it, or how it begins, 8 hex digits or more. Of a story that has become
    part of another the whole is shown. Read are all of stories, and enriched from the story's first time on.

    \b
      copydesk story 53c48dd139620a893060cc64c42256c8
      copydesk story 53c48dd1 --json | jq '.articles[].headline'
    """
    with reading() as progress:
        told = asyncio.run(story(load(), id_, progress))
    if as_json:
        print_json(_as_json(told))
    else:
        _print(told)


def _as_json(told: Told) -> dict[str, Any]:
    return asdict(told.snapshot) | {
        "merged": told.merged,
        "articles": [{name: getattr(article, name) for name in _SHOWN} for article in told.articles],
    }


def _print(told: Told) -> None:
    screen, snapshot = console(), told.snapshot
    screen.print(Text(printable(snapshot.headline or "(no headline)"), style="bold"))
    facts = (
        ("id", snapshot.id),
        ("people", ", ".join(snapshot.people)),
        ("organisations", ", ".join(snapshot.organisations)),
        ("places", ", ".join(snapshot.places)),
        ("sources", ", ".join(snapshot.sources)),
        ("first", time(snapshot.first)),
        ("last", time(snapshot.last)),
        ("articles", _count(told)),
        ("took in", ", ".join(told.merged)),
    )
    print_facts(screen, (fact for fact in facts if fact[1]))
    if told.articles:
        print()
        head = ("id", "published", "verdict", "source", "headline")
        print_table(head, [_row(article) for article in told.articles])


def _count(told: Told) -> str:
    gone = told.snapshot.count - sum(article.status != "withdrawn" for article in told.articles)
    return f"{told.snapshot.count}" + (f", {gone} of them no longer in enriched" if gone > 0 else "")


def _row(article: Enriched) -> tuple[str, ...]:
    at = article.published or article.received
    verdict = article.duplicate.kind if article.status == "usable" else article.status
    return (
        article.id[:ID_SHOWN],
        f"{at:%Y-%m-%d %H:%M}" + ("" if article.published else " (received)"),
        verdict,
        article.source,
        article.headline or "(no headline)",
    )
