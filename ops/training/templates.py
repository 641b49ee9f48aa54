"""Templates of sentences: their syntax, and what they are parsed to.

`{this|that}` is one of them, `[3-40]` a number, `[White House:ORG]` a name, which may hold further parts ("[Bank of
[country]:ORG]" is one name), and `[city]` a name of that kind or whatever a rule of that name says. `[person a] …
[surname a]` are one person, `[^city]` is in capitals.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PIECE: Final = re.compile(r"[\[\]{}|]|[^\[\]{}|]+")
_SPAN: Final = re.compile(r"(.*):(PER|ORG|LOC|MISC)", re.DOTALL)
_NUMBER: Final = re.compile(r"(\d+)-(\d+)")
_SLOT: Final = re.compile(r"(\^?)([a-z][a-z -]*?)(?: ([a-z]))?")


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several."""

    of: "tuple[Body, ...]"


@dataclass(frozen=True, slots=True)
class Span:
    """A name with its type, whatever it is made of."""

    body: "Body"
    type: str


@dataclass(frozen=True, slots=True)
class Number:
    """A whole number from `low` to `high`."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Slot:
    """A name of a kind, or a rule; the same one again wherever `key` is the same."""

    kind: str
    key: str
    capitals: bool


Body = tuple[str | Choice | Span | Number | Slot, ...]


def parsed(template: str) -> Body:
    return _body(_PIECE.findall(template), "")


def _body(pieces: list[str], closes: str) -> Body:
    found: list[str | Choice | Span | Number | Slot] = []
    while pieces and pieces[0] not in closes + "|" * (closes == "}"):
        piece = pieces.pop(0)
        if piece == "{":
            found.append(Choice(tuple(_alternatives(pieces))))
        elif piece == "[":
            found.append(_slot(_body(pieces, "]")))
            if not pieces or pieces.pop(0) != "]":
                raise ValueError(f"a bracket is not closed: {found[-1]}")
        elif piece in "]}|":
            raise ValueError(f"{piece} where nothing is open, after {found}")
        else:
            found.append(piece)
    return tuple(found)


def _alternatives(pieces: list[str]) -> Iterator[Body]:
    while True:
        yield _body(pieces, "}")
        if not pieces:
            raise ValueError("a brace is not closed")
        if pieces.pop(0) == "}":
            return


def _slot(body: Body) -> Span | Number | Slot:
    last = body[-1] if body else ""
    if isinstance(last, str) and (span := _SPAN.fullmatch(last)):
        return Span((*body[:-1], span[1]), span[2])
    if len(body) == 1 and isinstance(last, str):
        if number := _NUMBER.fullmatch(last):
            return Number(int(number[1]), int(number[2]))
        if slot := _SLOT.fullmatch(last):
            return Slot(slot[2], slot[3] or "", bool(slot[1]))
    raise ValueError(f"neither a slot nor a name with its type: {body}")


def lines(path: Path) -> list[str]:
    """The lines of `path` that say something."""
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip() and line[0] != "#"]
