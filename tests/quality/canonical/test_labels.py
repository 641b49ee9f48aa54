"""The labelled articles: offsets that hold, and entities that are what the guidelines say."""

import gzip
import json
import re
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from tests.cleaning.messages import SEEDS, article

HERE = Path(__file__).parent
REUTERS = HERE.parents[3] / "shared" / "data" / "reuters21578.jsonl.gz"
OWN_S = {"Moody's", "Standard & Poor's"}  # their 's is part of the name
ROWS: list[dict[str, Any]] = [
    json.loads(line) for part in ("open", "sealed") for line in (HERE / f"{part}.jsonl").read_text().splitlines()
]


@pytest.fixture(scope="module")
def wire() -> dict[str, dict[str, str]]:
    if not REUTERS.exists():
        pytest.skip("the wire items are not here: ../shared/data/reuters21578.jsonl.gz")
    wanted = {row["id"] for row in ROWS if row.get("source") == "reuters21578"}
    with gzip.open(REUTERS, "rt") as lines:
        items = [item for item in map(json.loads, lines) if item["id"] in wanted]
    return {item["id"]: {"headline": item["title"], "body": re.sub("\n(?! )", " ", item["text"])} for item in items}


def fields(row: dict[str, Any], request: pytest.FixtureRequest) -> dict[str, str]:
    match row.get("source"):
        case "reuters21578":
            text: dict[str, str] = request.getfixturevalue("wire")[row["id"]]
            return text
        case "seeds":
            seed = article(next(SEEDS.glob(f"{row['id']}_*.txt")).read_text())
            return {"headline": seed.headline or "", "body": seed.body}
        case _:
            return {"headline": row["headline"], "body": row["body"]}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_mention_is_a_whole_name_of_its_field(row: dict[str, Any], request: pytest.FixtureRequest) -> None:
    texts = fields(row, request)
    for mention in row["mentions"]:
        text, start, end = texts[mention["field"]], mention["start"], mention["end"]
        name = text[start:end]
        assert name == mention.get("text", name)
        assert name and name == name.strip() and "\n" not in name
        assert not re.match("(?i)(the|an?) ", name)
        assert not name.endswith(("'s", "’s")) or name in OWN_S
        assert not re.search(r"\w\Z", text[:start]) and not re.match(r"\w", text[end:]), f"{name!r} is part of a word"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_mentions_are_in_order_and_an_entity_has_one_type(row: dict[str, Any]) -> None:
    types = defaultdict(set)
    for mention in row["mentions"]:
        types[mention["entity"]].add(mention["type"])
    assert {kind for kinds in types.values() for kind in kinds} <= {"PERSON", "ORGANISATION", "PLACE", "OTHER"}
    assert all(len(kinds) == 1 for kinds in types.values())
    for one, two in pairwise(row["mentions"]):
        assert (one["field"], two["field"]) == ("headline", "body") or one["end"] <= two["start"]


def test_no_text_of_the_wire_is_given_away() -> None:
    for row in ROWS:
        if row.get("source") == "reuters21578":
            assert set(row) == {"id", "source", "mentions"}
            assert all(set(mention) == {"field", "start", "end", "type", "entity"} for mention in row["mentions"])
