"""What the commands show: records as cards, tables, and other people's text made safe for a terminal."""

import unicodedata
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from pipeline.records import Direction, Duplicate, Enriched, Entity, EntityType

# Not printable by Unicode, yet part of how Persian, Hindi and family emoji are written; they move no cursor.
_JOINERS: Final = "\u200c\u200d"
_ENTITIES: Final[dict[EntityType, str]] = {
    "PERSON": "persons",
    "ORGANISATION": "organisations",
    "PLACE": "places",
    "OTHER": "other",
}
_DIRECTIONS: Final[dict[Direction, str]] = {"excerpt": "an excerpt of it", "extended": "an extended version of it"}
# Of a table's last column, on a terminal too narrow for the others.
_LAST_COLUMN: Final = 20
_GAP: Final = "  "
_NAMES_SHOWN: Final = 8
_BODY_SHOWN: Final = 300


def printable(text: str | bytes, *, keep: str = "") -> str:
    r"""`text` with everything that could steer a terminal written as an escape: `\x1b`, `\u202e`, bytes not in UTF-8.

    Characters in `keep` stay; spaces of any width become a space.
    """
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in keep or character in _JOINERS else _escape(character)
        for character in text
    )


def _escape(character: str) -> str:
    return " " if unicodedata.category(character) == "Zs" else character.encode("unicode_escape").decode()


def console(*, stderr: bool = False) -> Console:
    """A console that takes text as it is: no markup, no emoji codes, no guessed colours, none at all when piped."""
    return Console(stderr=stderr, markup=False, emoji=False, highlight=False)


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[str] = ()) -> None:
    """Rows under a head; the cells are anybody's text. Columns named in `right` are aligned to the right.

    On a terminal the last column is cut to what is left of the width; elsewhere nothing is cut.
    """
    shown = [list(head), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*shown, strict=True)]
    screen = console()
    if screen.is_terminal:
        room = screen.width - sum(widths[:-1]) - len(_GAP) * len(widths[:-1])
        widths[-1] = min(widths[-1], max(_LAST_COLUMN, room))
    for number, row in enumerate(shown):
        line = _GAP.join(
            " " * (width - cell_len(cell)) + cell if name in right else set_cell_size(cell, width)
            for name, cell, width in zip(head, row, widths, strict=True)
        ).rstrip()
        screen.print(Text(line, style="bold" if number == 0 else ""), soft_wrap=True)


def time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ")


def card(record: Enriched) -> RenderableType:
    """An enriched record for a person: headline, source, times, language, verdict, entities and how the body begins."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for label, text in _lines(record):
        grid.add_row(Text(f"  {label}"), Text(printable(text)))
    body = record.body if len(record.body) <= _BODY_SHOWN else record.body[:_BODY_SHOWN] + " …"
    grid.add_row(Text("  body"), Text(printable(body, keep="\n")))
    return Group(Text(printable(record.headline or "(no headline)"), style="bold"), grid, Text(""))


def _lines(record: Enriched) -> list[tuple[str, str]]:
    lines = [
        ("id", record.id),
        ("source", " · ".join(filter(None, (record.source, record.agency, record.byline, record.uri)))),
        ("published", _published(record)),
        ("received", time(record.received)),
        ("language", f"{record.language}, {record.words} words"),
        ("verdict", _verdict(record.duplicate) + ("" if record.status == "usable" else f", {record.status}")),
    ]
    if record.revises or record.superseded_by:
        lines.append(("version", _versions(record)))
    for kind, label in _ENTITIES.items():
        names = [_entity(entity) for entity in record.entities if entity.type == kind]
        if names:
            more = len(names) - _NAMES_SHOWN
            lines.append((label, ", ".join(names[:_NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")))
    if record.entities_missing:
        lines.append(("entities", record.entities_missing))
    return lines


def _entity(entity: Entity) -> str:
    """Name, number of mentions, and what tells it from others of the name; a GeoNames number tells a person nothing."""
    told = [
        *entity.roles[:1],
        *entity.symbols,
        *(entity.ids[key] for key in ("iso3166", "wikidata") if key in entity.ids),
    ]
    return f"{entity.name} {len(entity.mentions)}" + (f" ({', '.join(told)})" if told else "")


def _published(record: Enriched) -> str:
    if record.published is None:
        return "not found in the text"
    day = record.published_precision == "day"
    at = record.published.strftime("%Y-%m-%d") if day else time(record.published)
    return f"{at} ({record.published_from})" if record.published_from else at


def _verdict(duplicate: Duplicate) -> str:
    if duplicate.of is None:
        return duplicate.kind
    text = f"{duplicate.kind}{'' if duplicate.kind == 'revision' else ' duplicate'} of {duplicate.of}"
    if duplicate.similarity is not None:
        text += f", similarity {duplicate.similarity:.2f}"
    if duplicate.direction:
        text += f", {_DIRECTIONS[duplicate.direction]}"
    return f"{text}, which was withdrawn" if duplicate.withdrawn else text


def _versions(record: Enriched) -> str:
    others = (("revises", record.revises), ("superseded by", record.superseded_by))
    return ", ".join([str(record.version), *(f"{how} {id_}" for how, id_ in others if id_)])
