"""`copydesk dlq`: list, show and send back the dead letters."""

import asyncio
import re
import sys
from collections.abc import Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeVar, get_args

import click
from rich.filesize import decimal

from pipeline.cli import print_json
from pipeline.cli.card import print_table, printable, time
from pipeline.errors import UserError
from pipeline.kafka import dlq
from pipeline.kafka.deadletters import DeadLetter
from pipeline.kafka.dlq import Entry, Wanted
from pipeline.records import Stage
from pipeline.settings import Settings, load

F = TypeVar("F", bound=Callable[..., Any])

_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# Of an id, in tables: 48 bits tell millions of documents apart, and the commands take the beginning of an id.
_ID_SHOWN: Final = 12
# Of the value, by `show`: a screen or two. Of each header: an address, and not a document.
_VALUE_SHOWN: Final = 2000
_HEADER_SHOWN: Final = 500
# Exit status where some letters could not be sent back, as of `copydesk replay`.
_SOME_REFUSED: Final = 3


class _Moment(click.ParamType):
    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            if match := re.fullmatch(r"(\d{1,6})([smhd])", value, re.ASCII):
                return datetime.now(UTC) - timedelta(**{_UNITS[match[2]]: int(match[1])})
            moment = datetime.fromisoformat(value)
        except (ValueError, OverflowError):
            self.fail(
                f"{value!r} is neither a duration (90s, 15m, 2h, 7d) nor RFC 3339 (2026-03-27T10:00:00Z)", param, ctx
            )
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _filters(function: F) -> F:
    """The options that choose letters, for `list` and `replay` alike."""
    for option in reversed(
        (
            click.option("--id", "id_", metavar="ID", help="An id, or how one begins."),
            click.option("--stage", type=click.Choice(get_args(Stage)), help="Where it broke."),
            click.option("--reason", help="Why, as `list` shows it."),
            click.option("--since", type=_Moment(), help="Not older: 90s, 15m, 2h, 7d ago, or RFC 3339."),
            click.option("--until", type=_Moment(), help="Older: the same."),
            click.option("--all", "everything", is_flag=True, help="Also what has since been enriched or dropped."),
        )
    ):
        function = option(function)
    return function


@click.group()
def command() -> None:
    """List, show and send back what could not be processed.

    Of each document the latest dead letter counts, and none once the document is enriched or dropped.

    \b
      copydesk dlq list --since 2h --stage extract
      copydesk dlq show 4d2f9a
      copydesk dlq replay --reason "deadline" --yes
      copydesk dlq seen
    """


@command.command("list")
@_filters
@click.option("--json", "as_json", is_flag=True, help="JSON Lines.")
def list_(*, everything: bool, as_json: bool, **chosen: Any) -> None:
    """List the dead letters, the oldest first."""
    found = _find(load(), everything=everything, **chosen)
    if as_json:
        for entry in found:
            print_json(_as_json(entry))
    elif found:
        _print(found)
    else:
        print("no dead letters" + ("" if everything else " that still need somebody (--all shows the others)"))


@command.command()
@click.argument("id_", metavar="ID")
@click.option("--raw", is_flag=True, help="The exact bytes of the document on standard output, and nothing else.")
def show(id_: str, *, raw: bool) -> None:
    """Show all there is about the dead letter of one document. The beginning of its id will do.

    \b
      copydesk dlq show 4d2f9a
      copydesk dlq show 4d2f9a --raw > document.bin
    """
    settings = load()
    found = _find(settings, everything=True, id_=id_)
    if not found:
        raise UserError(f"no dead letter of a document {printable(id_)}; `copydesk dlq list --all` shows all")
    if len(found) > 1:
        some = ", ".join(printable(entry.letter.id) for entry in found[:3])
        raise UserError(f"{len(found)} documents begin with {printable(id_)} ({some} …); give more of the id")
    letter = asyncio.run(_fetch(settings, found))
    if raw:
        sys.stdout.buffer.write(letter.value)
        sys.stdout.buffer.flush()
    else:
        _show(letter, succeeded=found[0].succeeded)


@command.command()
@_filters
@click.option("--yes", is_flag=True, help="Send. Without it, only tell what would be sent.")
def replay(*, everything: bool, yes: bool, **chosen: Any) -> None:
    """Send documents back to the topic where they broke: their original bytes, with the attempt counted.

    A dry run unless --yes. Exit status 3 if some letters are refused because they name no topic of ours.

    \b
      copydesk dlq replay --stage extract --since 1d
      copydesk dlq replay --stage extract --since 1d --yes
    """
    settings = load()
    found = _find(settings, everything=everything, **chosen)
    if not found:
        print("no dead letters to send back")
        return
    refused = asyncio.run(dlq.refusals(settings, found))
    good = [entry for entry in found if entry.letter.id not in refused]
    for id_, why in refused.items():
        click.echo(f"refused {printable(id_)}: {printable(why)}", err=True)
    if yes:
        sent = asyncio.run(dlq.replay(settings, good))
        print(f"{sent} sent back; `copydesk dlq list` shows in a moment which failed again")
    else:
        _print(good)
        print(f"dry run: {len(good)} would be sent back; --yes sends them")
    sys.exit(_SOME_REFUSED if refused else 0)


@command.command()
def seen() -> None:
    """Mark all dead letters there are now as looked at: the alert about those that nobody looked at ends.

    Use `list` first: what came since then is marked as well. It changes nothing about the letters themselves, and `list`
    goes on showing those that still need somebody.
    """
    marked = asyncio.run(dlq.mark_seen(load()))
    print(f"dead letters marked as looked at: {marked}")


def _find(
    settings: Settings,
    *,
    everything: bool,
    id_: str | None = None,
    stage: str | None = None,
    reason: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Entry]:
    wanted = Wanted(id=id_, stage=stage, reason=reason, since=since, until=until)
    found = asyncio.run(dlq.entries(settings, wanted))
    return [entry for entry in found if everything or not entry.succeeded]


async def _fetch(settings: Settings, chosen: Sequence[Entry]) -> DeadLetter:
    async with aclosing(dlq.with_values(settings, chosen)) as letters:
        async for letter in letters:
            return letter
    raise UserError("the dead letter has just been deleted by the topic's retention; nothing is left to show")


def _print(found: Sequence[Entry]) -> None:
    now = datetime.now(UTC)
    rows = [
        (
            entry.letter.id[:_ID_SHOWN],
            entry.letter.stage,
            entry.letter.reason,
            str(entry.letter.attempt),
            _age(now - entry.letter.at),
            decimal(entry.size),
            _place(entry.letter),
            ("(succeeded since) " if entry.succeeded else "") + entry.letter.error[:80],
        )
        for entry in found
    ]
    head = ("id", "stage", "reason", "tries", "age", "size", "where", "error")
    print_table(head, rows, right=("tries", "age", "size"))


def _age(age: timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def _place(letter: DeadLetter) -> str:
    return f"{letter.broke.topic}[{letter.broke.partition}]@{letter.broke.offset}"


def _as_json(entry: Entry) -> dict[str, Any]:
    letter = entry.letter
    return {
        "id": letter.id,
        "stage": letter.stage,
        "reason": letter.reason,
        "error": letter.error,
        "attempt": letter.attempt,
        "at": letter.at,
        "size": entry.size,
        "broke": letter.broke,
        "stands": letter.stands,
        "succeeded": entry.succeeded,
    }


def _show(letter: DeadLetter, *, succeeded: bool) -> None:
    stands = letter.stands
    facts = {
        "id": letter.id,
        "stage": letter.stage,
        "reason": letter.reason,
        "error": letter.error,
        "tries": str(letter.attempt),
        "when": f"{time(letter.at)}, {_age(datetime.now(UTC) - letter.at)} ago",
        "broke": _place(letter),
        "stands": f"{stands.topic}[{stands.partition}]@{stands.offset}",
        "size": f"{len(letter.value)} bytes",
        "now": "enriched or dropped" if succeeded else "not processed",
    }
    for name, fact in facts.items():
        print(f"{name:8}{printable(fact)}")
    print("headers")
    for name, content in letter.original:
        print(f"  {printable(name)}: {printable(content[:_HEADER_SHOWN])}")
    more = len(letter.value) - _VALUE_SHOWN
    print(f"value{f' (the first {_VALUE_SHOWN} bytes; --raw writes all)' if more > 0 else ''}")
    print(printable(letter.value[:_VALUE_SHOWN], keep="\n"))
