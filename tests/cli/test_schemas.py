import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.cli.schemas import RECORDS, schema
from pipeline.kafka import deadletters
from pipeline.kafka.headers import ATTEMPT, RAW_TIME, cloud_event
from pipeline.kafka.topics import INPUTS, LANGUAGES, OTHER_LANGUAGES, TOPICS
from pipeline.records import ADAPTERS, SCHEMA, SCHEMA_HEADER, Origin
from pipeline.settings import MIB

CONTRACT = Path(__file__).parents[2] / "docs" / "contract"


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(cli, ["schemas", *arguments])
    return result.exit_code, result.stdout


def test_the_committed_schemas_are_current() -> None:
    assert run("--check", "--out", str(CONTRACT)) == (0, ""), "run `copydesk schemas` and look at what changed"


def test_every_topic_but_those_of_any_bytes_has_one() -> None:
    assert RECORDS.keys() == TOPICS.keys() - {"raw", "deadletter", "fingerprints"}
    assert set(RECORDS.values()) == set(ADAPTERS)


def test_writing_checking_and_cleaning_up(tmp_path: Path) -> None:
    out = tmp_path / "new" / "contract"
    assert run("--check", "--out", str(out))[0] == 1
    assert run("--out", str(out))[0] == 0
    assert run("--check", "--out", str(out)) == (0, "")
    (out / "enriched.schema.json").write_text("{}")
    (out / "gone.schema.json").write_text("{}")
    (out / "README.md").write_text("mine")
    code, said = run("--check", "--out", str(out))
    assert (code, said.count("\n")) == (1, 2)
    assert "enriched.schema.json is not current" in said
    assert run("--out", str(out))[0] == 0
    assert run("--check", "--out", str(out)) == (0, "")
    assert not (out / "gone.schema.json").exists()
    assert (out / "README.md").read_text() == "mine"


@pytest.mark.parametrize("topic", RECORDS)
def test_a_schema_says_what_it_is_and_lets_later_fields_pass(topic: str) -> None:
    body: dict[str, Any] = json.loads(schema(topic))
    assert body["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert body["$id"] == f"urn:copydesk:schema:{topic}:{SCHEMA}"
    assert body["title"]
    assert body["description"]
    assert "schema" not in body["required"]
    assert '"additionalProperties": false' not in schema(topic)


def test_a_consumer_may_rely_on_these_and_may_meet_a_record_without_the_others() -> None:
    # The public contract: a name that leaves this list, or a new one in it, breaks somebody.
    required = set(json.loads(schema("enriched"))["required"])
    assert required == {
        "id", "item_id", "source", "media_type", "body", "language", "words", "received", "received_from", "duplicate"
    }  # fmt: skip


def page() -> str:
    return (CONTRACT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", TOPICS)
def test_the_page_has_the_table_of_the_code(name: str) -> None:
    topic = TOPICS[name]
    [row] = [line for line in page().splitlines() if line.startswith(f"| `news.{name}` |")]
    *_, partitioned, cleanup, days, size = [cell.strip() for cell in row.strip("|").split("|")]
    assert partitioned == ("language" if topic.by_language else "id")
    assert cleanup == f"`{topic.cleanup}`"
    assert days == (f"{topic.days} days" if topic.days > 0 else "for ever")
    assert size == f"{topic.value_bytes // MIB} MiB"


def test_the_page_names_the_partition_of_every_language_and_every_stage() -> None:
    for language, partition in LANGUAGES.items():
        assert f"`{language}` {partition}" in page()
    assert f"any other {OTHER_LANGUAGES}" in page()
    for stage, topic in INPUTS.items():
        assert f"`{stage}` (reads `news.{topic}`)" in page()


def test_the_page_names_every_header_and_links_every_schema() -> None:
    letter = dict(deadletters.wrap(id="", stage="", reason="", error="", broke=Origin("", 0, 0), headers={}))
    event = dict(cloud_event(source="", source_id="", media_type="", time=datetime.now(UTC), subject="x"))
    for name in (*letter, *event, SCHEMA_HEADER, RAW_TIME, ATTEMPT, "traceparent"):
        assert f"`{name}`" in page(), name
    for topic in RECORDS:
        assert f"({topic}.schema.json)" in page()
