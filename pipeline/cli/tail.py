"""`copydesk tail`: read a topic."""

import asyncio
import base64
import sys
from contextlib import aclosing
from typing import Any, Final

import click
import orjson
from rich.console import Console, RenderableType
from rich.filesize import decimal
from rich.text import Text

from pipeline.cli import print_json
from pipeline.cli.card import card, console, printable, time
from pipeline.kafka.status import dead_letter
from pipeline.kafka.tail import Message, Start, messages
from pipeline.kafka.topics import TOPICS, topic_name
from pipeline.records import Dropped, Enriched, RecordError, decode
from pipeline.settings import Settings, load

# Of a value that is no card: two lines of a terminal.
_VALUE_SHOWN: Final = 160
_INTERRUPTED: Final = 130


@click.command()
@click.argument("topic", metavar="[TOPIC]", type=click.Choice(list(TOPICS)), default="enriched")
@click.option(
    "--from",
    "start",
    type=click.Choice(["beginning", "end"]),
    help="Where to start. Default: the end, as `tail -f` does; the beginning with --no-follow.",
)
@click.option("--limit", type=click.IntRange(min=1), help="Stop after so many records.")
@click.option("--no-follow", is_flag=True, help="Stop at what is now the end, instead of waiting for more.")
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: each value as it is, wrapped if it is no JSON.")
def command(topic: str, *, start: Start | None, limit: int | None, no_follow: bool, as_json: bool) -> None:
    """Read enriched records, or those of any topic, as cards or JSON. Ctrl-C ends it.

    TOPIC is raw, clean, tagged, judged, enriched, stories, families, dropped, deadletter or fingerprints.

    \b
      copydesk tail                                    cards of what comes from now on
      copydesk tail --from beginning --limit 5         the first five
      copydesk tail dropped --no-follow                all that was dropped, and end
      copydesk tail --no-follow --json | jq .headline  JSON Lines for another program
    """
    settings = load()
    begin: Start = start or ("beginning" if no_follow else "end")
    if begin == "end" and sys.stdout.isatty():
        click.echo(
            f"waiting for new records in {topic_name(settings, topic)}; --from beginning shows the old ones", err=True
        )
    try:
        asyncio.run(_tail(settings, topic, begin, follow=not no_follow, limit=limit, as_json=as_json))
    except KeyboardInterrupt:
        sys.exit(_INTERRUPTED)


async def _tail(
    settings: Settings, topic: str, start: Start, *, follow: bool, limit: int | None, as_json: bool
) -> None:
    screen = console()
    seen = 0
    async with aclosing(messages(settings, topic, start=start, follow=follow)) as stream:
        async for message in stream:
            if as_json:
                _print_json(message)
            else:
                _print(screen, message, topic)
            seen += 1
            if seen == limit:
                return


def _print(screen: Console, message: Message, topic: str) -> None:
    shown = view(message, topic)
    screen.print(shown, soft_wrap=isinstance(shown, Text))  # a line is one line, however long
    screen.file.flush()  # or a pipe shows nothing until 8 kB are together


def view(message: Message, topic: str) -> RenderableType:
    """A message for a person: an enriched record as a card, any other in one line; what can't be read says so."""
    try:
        if message.value is None:
            text = "tombstone"
        elif topic == "enriched":
            return card(decode(Enriched, message.value))
        else:
            text = _line(message, topic, message.value)
    except RecordError as error:
        text = f"unreadable: {error}: {_first_bytes(message.value or b'')}"
    key = (message.key or b"-").decode("utf-8", "backslashreplace")
    place = f"{message.topic}[{message.partition}]@{message.offset} {time(message.at)} {key}"
    return Text(f"{printable(place)}  {printable(text)}")


def _line(message: Message, topic: str, value: bytes) -> str:
    if topic == "dropped":
        dropped = decode(Dropped, value)
        return f"{dropped.stage}: {dropped.reason}" + (f" ({dropped.detail})" if dropped.detail else "")
    if topic == "deadletter":
        letter = dead_letter(message)
        if letter is None:
            return f"unreadable: no dead letter of ours: {_first_bytes(value)}"
        return f"{letter.stage}: {letter.reason} ({letter.error}), attempt {letter.attempt}, {decimal(len(value))}"
    return _first_bytes(value)


def _first_bytes(value: bytes) -> str:
    more = " …" if len(value) > _VALUE_SHOWN else ""
    return f"{decimal(len(value))}: {printable(value[:_VALUE_SHOWN])}{more}"


def _print_json(message: Message) -> None:
    value = message.value or b""
    try:
        content = orjson.loads(value)
    except orjson.JSONDecodeError:
        print_json(_wrapped(message))
        return
    if b"\n" in value or b"\r" in value:  # valid, and yet more than one line
        print_json(content)
        return
    sys.stdout.buffer.write(value + b"\n")
    sys.stdout.buffer.flush()


def _wrapped(message: Message) -> dict[str, Any]:
    """A message whose value is no JSON; bytes that are no UTF-8 are in base64."""
    wrapper: dict[str, Any] = {
        "topic": message.topic,
        "partition": message.partition,
        "offset": message.offset,
        "timestamp": message.at,
        "key": _text(message.key),
        "headers": {name: _text(content) for name, content in message.headers.items()},
    }
    if message.value is None:
        return wrapper | {"value": None}
    try:
        return wrapper | {"value": message.value.decode()}
    except UnicodeDecodeError:
        return wrapper | {"value_base64": base64.b64encode(message.value).decode()}


def _text(content: bytes | None) -> str | None:
    return None if content is None else content.decode("utf-8", "backslashreplace")
