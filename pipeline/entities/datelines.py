"""The places of a dateline: "MOSCOW", "HARTFORD, Conn.", "Paris/London"."""

import re
from typing import Final

from pipeline.entities.gazetteer import gazetteer
from pipeline.entities.names import key
from pipeline.entities.tagger import Span

_PART: Final = re.compile(r"(?P<mark>\A|[,/]| and | & )\s*(?P<name>[^,/&\s](?:(?! and )[^,/&])*)", re.IGNORECASE)
_NO_PLACE: Final = re.compile(r"(?:aboard|at sea|on board)\b", re.IGNORECASE)


def places(dateline: str) -> list[Span]:
    """What a dateline names; behind a comma only what is a country or a region."""
    if _NO_PLACE.match(dateline):
        return []
    found = []
    for part in _PART.finditer(dateline):
        name = part["name"].rstrip()
        if part["mark"] == "," and key(name, "PLACE") not in gazetteer().regions:
            continue
        start = part.start("name")
        found.append(Span(start, start + len(name), "PLACE"))
    return found
