"""docs/entities.md: its example is what comes out."""

import json
import re
from pathlib import Path
from typing import Any

from pipeline.entities import canonical
from pipeline.entities.datelines import places
from pipeline.entities.mentions import Text
from pipeline.records import Entity
from tests.entities.marked import read

PAGE = (Path(__file__).parents[2] / "docs" / "entities.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def shown(entity: Entity) -> dict[str, Any]:
    """As on the page: mentions as their text, marked where they are a government's, and nothing that is empty."""
    mentions = [mention.text + " (government)" * mention.government for mention in entity.mentions]
    more = {"ids": entity.ids, "roles": list(entity.roles), "symbols": list(entity.symbols)}
    told = {name: value for name, value in more.items() if value}
    return {"name": entity.name, "type": entity.type, "salience": entity.salience, "mentions": mentions, **told}


def test_the_example_is_what_comes_out() -> None:
    dateline, marked = block("text").split("\n", 1)
    place = dateline.removeprefix("dateline: ")
    body, spans = read(marked.strip())
    found = canonical.entities(
        Text("headline", "", []), Text("dateline", place, places(place)), Text("body", body, spans)
    )
    assert json.loads(block("json")) == [shown(entity) for entity in found]
