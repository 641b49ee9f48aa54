"""`copydesk retract`: take an article back."""

import asyncio
from typing import Final

import click

from pipeline.cli import print_json
from pipeline.cli.card import printable
from pipeline.errors import UserError
from pipeline.identity import is_id
from pipeline.kafka.retract import Notice, item_of, retract
from pipeline.settings import load

# It travels as a headline does.
_REASON_CHARACTERS: Final = 500


@click.command()
@click.argument("id_", metavar="ID")
@click.option("--source", metavar="NAME", help="ID is the id that this source gave the item.")
@click.option("--reason", metavar="TEXT", help="Why, for whoever reads the notice. Nothing of it is published.")
@click.option("--json", "as_json", is_flag=True, help="What was sent, as one JSON object.")
def command(*, id_: str, source: str | None, reason: str | None, as_json: bool) -> None:
    """Take an article back, with all its versions.

    ID is the `id` or the `item_id` of an enriched record, 32 hex digits, or with --source what the source itself calls
    the item. It may name an article that has not come yet.

    \b
      copydesk retract 53c48dd139620a893060cc64c42256c8
      copydesk retract 53c48dd139620a893060cc64c42256c8 --reason "court order 4711"
      copydesk retract guid-2016-0327-1 --source my-paper
    """
    for name, text in (("ID", id_), ("--source", source), ("--reason", reason)):
        _readable(name, text)
    notice = asyncio.run(retract(load(), _named(id_, source), _checked(reason)))
    if as_json:
        print_json(notice)
    else:
        print(_said(notice))


def _readable(name: str, text: str | None) -> None:
    """Bytes of a command line that are no text come as lone surrogates, which nothing can be named by."""
    try:
        (text or "").encode()
    except UnicodeEncodeError as error:
        raise UserError(
            f"{name} {printable(repr(text)[:100])} is not UTF-8; give it in the encoding of the terminal"
        ) from error


def _named(id_: str, source: str | None) -> str:
    if source is not None:
        if not source.strip() or not id_.strip():
            raise UserError("neither --source nor the id of its item may be empty")
        return item_of(source, id_)
    if not is_id(id_):
        raise UserError(
            f"{printable(id_[:100])!r} is no id of 32 hex digits; `copydesk tail` shows the ids, and --source NAME takes "
            "the id that a source gave its item"
        )
    return id_


def _checked(reason: str | None) -> str | None:
    if reason and len(reason) > _REASON_CHARACTERS:
        raise UserError(f"the reason has {len(reason)} characters; {_REASON_CHARACTERS} are enough")
    return reason


def _said(notice: Notice) -> str:
    place = f"{notice.at.topic}[{notice.at.partition}]@{notice.at.offset}"
    return (
        f"notice {notice.id} sent ({place}): the record of {notice.withdraws} will come again with the status withdrawn "
        "and no text, then a tombstone"
    )
