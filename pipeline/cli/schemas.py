"""`copydesk schemas`: the JSON Schemas of the records."""

import json
import sys
from pathlib import Path
from typing import Any, Final

import click

from pipeline.records import (
    ADAPTERS,
    SCHEMA,
    Article,
    Dropped,
    Enriched,
    FamilyMerge,
    Judged,
    StorySnapshot,
    Tagged,
)

# By topic; raw and the dead letters carry any bytes, and the fingerprints a binary log (docs/contract/fingerprints.md).
RECORDS: Final[dict[str, type[Any]]] = {
    "clean": Article,
    "tagged": Tagged,
    "judged": Judged,
    "stories": StorySnapshot,
    "families": FamilyMerge,
    "enriched": Enriched,
    "dropped": Dropped,
}


@click.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("docs/contract"),
    show_default=True,
    help="Folder to write to.",
)
@click.option("--check", is_flag=True, help="Write nothing; exit status 1 if a file there is not current.")
def command(*, out: Path, check: bool) -> None:
    """Write the JSON Schemas (2020-12) of the records, one file for each topic.

    \b
      copydesk schemas
      copydesk schemas --check
    """
    current = {f"{topic}.schema.json": schema(topic) for topic in RECORDS}
    there = {path.name: path.read_text(encoding="utf-8") for path in sorted(out.glob("*.schema.json"))}
    stale = sorted(name for name in current | there if current.get(name) != there.get(name))
    if check:
        for name in stale:
            print(f"{out / name} is {'not current' if name in current else 'the schema of no topic'}")
        sys.exit(1 if stale else 0)
    out.mkdir(parents=True, exist_ok=True)
    for name in stale:
        if name in current:
            (out / name).write_text(current[name], encoding="utf-8")
        else:
            (out / name).unlink()
    print(f"{out}: {len(current)} schemas, {len(stale)} changed")


def schema(topic: str) -> str:
    """The JSON Schema of a topic's record, as its file holds it.

    What a reader accepts, and not what today's version writes: records written before a field was added stay valid.
    """
    body = ADAPTERS[RECORDS[topic]].json_schema(mode="validation")
    named = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:copydesk:schema:{topic}:{SCHEMA}",
        "title": body.pop("title"),
        "description": body.pop("description"),
    }
    return json.dumps(named | body, indent=2, ensure_ascii=False) + "\n"
