"""Agency copy from templates, labelled, for training: no set that permits shipping a model is news.

`wire/*.txt` hold a template a line (templates.py); `names.txt` among them holds rules, `people.txt` given names and
surnames that the lists lack, `nameless.txt` sentences without a name.
"""

import random
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import ascii_uppercase
from typing import Final

from ops.training.templates import Body, Choice, Number, Slot, Span, lines, parsed
from pipeline.entities.english.tokens import TOKEN

TEMPLATES: Final = Path(__file__).parent / "wire"
# The kinds of name that lists hold, and how the sets we train on label them.
LABELS: Final = {
    "city": "LOC",
    "country": "LOC",
    "subdivision": "LOC",
    "feature": "LOC",
    "company": "ORG",
    "party": "ORG",
    "party-acronym": "ORG",
    "international organisation": "ORG",
    "armed group": "ORG",
    "football club": "ORG",
    "demonym-adjective": "MISC",
    "demonym-noun": "MISC",
    "demonym-plural": "MISC",
    "league": "MISC",
    "war": "MISC",
}
# Copy without a name at all: else every sentence that begins like news holds one.
NAMELESS: Final = 0.15
DATELINE: Final = 0.08
CAPITALS: Final = 0.015
TYPOGRAPHIC: Final = 0.4
# Agencies print most foreign names without their marks.
WITHOUT_MARKS: Final = 0.7
# Of people: those of the lists who exist, mostly in business and books, so not too many.
LISTED_PERSON: Final = 0.2
# A locale weighs as many names as it has, up to this: without it 9.5 % of the people were Icelandic, 8.8 % Irish.
LOCALE_MOST: Final = 100
# Surname first, as the copy has it.
SURNAME_FIRST: Final = ("zh", "ko", "vi")
PARTICLES: Final = {
    "nl": ("van", "van der", "de", "van den"),
    "de": ("von",),
    "fr": ("de", "Le"),
    "es": ("de", "de la", "del"),
    "pt": ("da", "dos", "de"),
    "it": ("Di", "De", "Della"),
    "ar": ("al-", "Al-", "el-", "bin ", "Abu "),
}

# Letters that do not come apart into a letter and a mark.
WHOLE_LETTERS: Final = str.maketrans(
    {
        **dict(zip("øØłŁđĐıðəƏ", "oOlLdDidaA", strict=True)),
        "ß": "ss",
        "æ": "ae",
        "Æ": "Ae",
        "Þ": "Th",
        "þ": "th",
    }
)
# Text, and its type when it is a name.
Printed = list[tuple[str, str]]


def rules() -> dict[str, Choice]:
    found: dict[str, list[Body]] = defaultdict(list)
    for line in lines(TEMPLATES / "names.txt"):
        name, _, text = line.partition(" = ")
        found[name].append(parsed(text))
    return {name: Choice(tuple(bodies)) for name, bodies in found.items()}


class Writer:
    """One seeded run over the templates."""

    def __init__(self, names: Mapping[str, Sequence[str]], seed: int) -> None:
        self._random = random.Random(seed)
        self._rules = rules()
        self._names = {kind: found for kind, found in names.items() if found}
        given, surnames = (
            {k.removeprefix(f"{part} "): v for k, v in self._names.items() if k.startswith(f"{part} ")}
            for part in ("given", "surname")
        )
        self._people = {locale: (given[locale], surnames[locale]) for locale in sorted(given.keys() & surnames.keys())}
        self._weights = [min(LOCALE_MOST, len(first), len(last)) for first, last in self._people.values()]
        self._said: dict[tuple[str, str], Printed] = {}
        names_apart = {"names.txt", "people.txt", "lists.txt", "nameless.txt"}
        self._templates = [
            parsed(line)
            for path in sorted(TEMPLATES.glob("*.txt"))
            if path.name not in names_apart
            for line in lines(path)
        ]
        self._nameless = [parsed(line) for line in lines(TEMPLATES / "nameless.txt")]

    def sentence(self) -> tuple[list[str], list[str]]:
        self._said.clear()
        draw = self._random.random
        body = self._random.choice(self._nameless if draw() < NAMELESS else self._templates)
        pieces = _begun(self._printed(body))
        if draw() < DATELINE and pieces[-1][0].endswith(".") and not pieces[0][0].isupper():
            pieces = [*_begun(self._filled(Slot("dateline", "", capitals=False))), *pieces]
        text, spans = _joined(pieces, apostrophe_alone=draw() < 0.5)
        if draw() < CAPITALS and len(text.upper()) == len(text):
            text = text.upper()
        if draw() < TYPOGRAPHIC:
            text = re.sub(r'"([^"]*)"', r"“\1”", text).replace("'", "’")
        return _labelled(text, spans)

    def _printed(self, body: Body) -> Printed:
        found: Printed = []
        for part in body:
            if isinstance(part, str):
                found.append((part, ""))
            elif isinstance(part, Choice):
                found += self._printed(self._random.choice(part.of))
            elif isinstance(part, Number):
                found.append((str(self._random.randint(part.low, part.high)), ""))
            elif isinstance(part, Span):
                # An alternative may be empty: no name begins with the space after it.
                inside = "".join(text for text, _ in self._printed(part.body))
                found.append((" ".join(inside.split()), part.type))
            else:
                pieces = self._filled(part)
                found += [(text.upper(), label) for text, label in pieces] if part.capitals else pieces
        return found

    def _filled(self, slot: Slot) -> Printed:
        if (said := self._said.get((slot.kind, slot.key))) and slot.key:
            return said
        if slot.kind in self._rules:
            found = self._printed((self._rules[slot.kind],))
        elif slot.kind in {"person", "surname", "given"}:
            whole = dict(zip(("given", "person", "surname"), self._person(), strict=True))
            for kind, name in whole.items():
                self._said[kind, slot.key] = [(name, "PER")]
            found = [(whole[slot.kind], "PER")]
        elif slot.kind == "ticker":
            found = [("".join(self._random.choices(ascii_uppercase, k=self._random.randint(2, 4))), "")]
        else:
            name = self._marked(self._listed(slot.kind))
            article = "the " if name.startswith("the ") else ""
            found = [(article, ""), (name.removeprefix(article), LABELS[slot.kind])]
        self._said[slot.kind, slot.key] = found
        return found

    def _listed(self, kind: str) -> str:
        """A name of a list. Of places, the logarithm of the rank is drawn, so that large ones are frequent and the long
        tail comes up: of 34,000 cities the first ten are drawn in 9 % of the cases, the first hundred in 30 %.
        """
        names = self._names[kind]
        if kind in {"city", "country"}:
            return names[int(10 * ((len(names) / 10 + 1) ** self._random.random() - 1))]
        return self._random.choice(names)

    def _marked(self, name: str) -> str:
        if name.isascii() or self._random.random() > WITHOUT_MARKS:
            return name
        return "".join(
            c for c in unicodedata.normalize("NFKD", name.translate(WHOLE_LETTERS)) if not unicodedata.combining(c)
        )

    def _person(self) -> tuple[str, str, str]:
        """Given name, whole name and surname."""
        draw, choice = self._random.random, self._random.choice
        if draw() < LISTED_PERSON and (listed := self._names.get("person")):
            name = self._marked(choice(listed))
            return name.split()[0], name, name.split()[-1]
        (locale,) = self._random.choices(list(self._people), self._weights)
        first, last = (self._marked(choice(names)) for names in self._people[locale])
        if (particles := PARTICLES.get(locale[:2])) and draw() < (0.35 if locale == "ar" else 0.12) and " " not in last:
            particle = choice(particles)
            last = particle + last if particle[-1] in "- " else f"{particle} {last}"
        if locale[:2] in SURNAME_FIRST:
            return first, f"{last} {first}", last
        form, name = draw(), f"{first} {last}"
        if form < 0.06:
            name = f"{first} {choice(ascii_uppercase)}. {last}"
        elif form < 0.09:
            name = f"{first[0]}. {last}"
        elif form < 0.12:
            name = f"{first[0]}.{choice(ascii_uppercase)}. {last}"
        elif form < 0.18:
            name = f"{first} {self._marked(choice(self._people[locale][0]))} {last}"
        elif (form < 0.22 and "-" not in last) or (form < 0.4 and locale[:2] in {"es", "pt"}):
            name = f"{name}{'-' if form < 0.22 else ' '}{self._marked(choice(self._people[locale][1]))}"
        return first, name, last


def _begun(pieces: Printed) -> Printed:
    """With a capital at the beginning."""
    at = next(i for i, (text, _) in enumerate(pieces) if text.strip())
    text, label = pieces[at]
    text = text.lstrip()
    return [(text[:1].upper() + text[1:], label), *pieces[at + 1 :]]


def _joined(pieces: Printed, *, apostrophe_alone: bool) -> tuple[str, list[tuple[int, int, str]]]:
    """The text with its names: start, end, type."""
    text, spans = "", []
    for piece, label in pieces:
        mended = piece
        if text.endswith(".") and piece.startswith("."):
            mended = piece[1:]
        elif apostrophe_alone and text.endswith("s") and re.match(r"'s\b", piece):
            mended = "'" + piece[2:]
        if label and mended:
            spans.append((len(text), len(text) + len(mended), label))
        text += mended
    return text, spans


def _labelled(text: str, spans: list[tuple[int, int, str]]) -> tuple[list[str], list[str]]:
    words, tags = [], []
    at = {i: (start, label) for start, end, label in spans for i in range(start, end)}
    for token in TOKEN.finditer(text):
        start, label = at.get(token.start(), (-1, ""))
        words.append(token[0])
        tags.append("O" if not label else f"{'B' if token.start() == start else 'I'}-{label}")
    return words, tags


def sentences(names: Mapping[str, Sequence[str]], count: int, seed: int) -> Iterator[tuple[list[str], list[str]]]:
    """`count` sentences as words and BIO tags, the same ones for the same names (`listed.lists`) and seed."""
    writer = Writer(names, seed)
    for _ in range(count):
        yield writer.sentence()
