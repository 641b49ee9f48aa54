"""`copydesk topics`: create the topics, or check them."""

import asyncio
import sys

import click

from pipeline.cli import print_json
from pipeline.cli.card import print_table
from pipeline.kafka import clients, topics
from pipeline.settings import Settings, load


@click.group()
def command() -> None:
    """Create the topics, or check them.

    \b
    Their names begin with COPYDESK_PREFIX; partitions and copies follow COPYDESK_PARTITIONS and
    COPYDESK_REPLICATION, all else is one table in the code (docs/contract/README.md shows it).
    \b
      copydesk topics create
      copydesk topics check --json
    """


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: created, existing.")
def create(*, as_json: bool) -> None:
    """Create the topics that are missing; those that exist stay as they are."""
    settings = load()
    made = asyncio.run(_create(settings))
    everything = [topics.topic_name(settings, name) for name in topics.TOPICS]
    if as_json:
        print_json({"created": made, "existing": [name for name in everything if name not in made]})
    else:
        rows = [
            (topics.topic_name(settings, name), "created" if topics.topic_name(settings, name) in made else "existed")
            for name in topics.TOPICS
        ]
        print_table(("topic", "what"), rows)


async def _create(settings: Settings) -> list[str]:
    async with clients.admin(settings) as client:
        return await topics.create(client, settings)


@command.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON object: ok, differences.")
def check(*, as_json: bool) -> None:
    """Tell where the topics differ from the table. Exit status 1 if a worker would refuse to start over it."""
    differences = asyncio.run(_check(load()))
    fatal = any(difference.fatal for difference in differences)
    if as_json:
        print_json({"ok": not fatal, "differences": differences})
    elif differences:
        rows = [
            (difference.topic, "fatal" if difference.fatal else "warning", difference.what)
            for difference in differences
        ]
        print_table(("topic", "weight", "difference"), rows)
    else:
        print(f"all {len(topics.TOPICS)} topics are as they should be")
    sys.exit(1 if fatal else 0)


async def _check(settings: Settings) -> list[topics.Difference]:
    async with clients.admin(settings) as client:
        return await topics.check(client, settings)
