"""`copydesk explain` and `copydesk story` on what a worker has left on the topics, once it is gone."""

import asyncio
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from pipeline.cli import cli
from pipeline.emission import enrich
from pipeline.errors import UserError
from pipeline.judging.before import NOWHERE
from pipeline.judging.decide import decide, judge
from pipeline.judging.entry import Decision
from pipeline.judging.state import State
from pipeline.kafka import clients, trace
from pipeline.kafka.explain import Explanation
from pipeline.kafka.hops import document
from pipeline.kafka.retract import item_of, retract
from pipeline.kafka.tail import Message
from pipeline.kafka.topics import topic_name
from pipeline.records import (
    Duplicate,
    Enriched,
    FamilyMerge,
    Removed,
    StoryRef,
    StorySnapshot,
    Tagged,
    decode,
    encode,
)
from pipeline.settings import Settings, load
from tests.conftest import create_topics
from tests.desk import read_all, send, wait_done, wait_until, workers
from tests.judging.made import MINE, STORM, STRIKE
from tests.judging.made import document as made

AFTERMATH = (
    "The mayor of Ostrava Bay, Anna Kolar, visited families on Tuesday whose roofs the storm had torn away. The coast "
    "guard said that the fallen cranes at the northern quay would be lifted from the harbour basin by the weekend, and "
    "that ferries to the islands stay in port until then. Insurers have sent 30 assessors to the storm's 40 houses. "
)


LATE = "Late \x1b[2J\u202e[red]\r\nnews"


@dataclass
class Run:
    settings: Settings
    ids: dict[str, str] = field(default_factory=dict)

    def __getitem__(self, name: str) -> str:
        return self.ids[name]

    def invoke(self, command: str, *arguments: str) -> Result:
        return invoke(self.settings, command, *arguments)

    def json(self, command: str, id_: str) -> dict[str, Any]:
        result = self.invoke(command, id_, "--json")
        assert result.exit_code == 0, (result.output, result.exception)
        found: dict[str, Any] = orjson.loads(result.stdout)
        return found


def invoke(settings: Settings, command: str, *arguments: str) -> Result:
    environment = {"COPYDESK_BROKERS": settings.brokers, "COPYDESK_PREFIX": settings.prefix}
    return CliRunner().invoke(cli, [command, *arguments], env=environment)


@pytest.fixture(scope="module")
def run(broker: str, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A day at the desk: an article, its reprint, its next version, another telling, one withdrawn, two that failed."""
    run = Run(load(brokers=broker, prefix=f"t{uuid.uuid4().hex[:8]}", metrics_port=0))
    asyncio.run(create_topics(run.settings))
    with workers(run.settings, tmp_path_factory.mktemp("workers")) as start:
        worker = start()
        worker.wait_ready()
        for name, value in (
            ("storm", _json("g1", "Storm shuts harbour", STORM)),
            ("reprint", _json("g2", "Storm shuts the harbour", STORM.replace("Monday", "Sunday"))),
            ("version", _json("g1", "Storm shuts harbour", STORM + "Two people are missing. ", version=2)),
            ("aftermath", _json("g3", "Ostrava Bay counts the storm's damage", AFTERMATH)),
            ("strike", _json("g4", "Tram drivers walk out", STRIKE)),
            ("again", _json("g2", "Storm shuts the harbour", STORM.replace("Monday", "Sunday"))),
            ("copy", _json("g5", "Trams stand still", STRIKE.replace("Tuesday", "Monday"))),
            ("broken", b"The harbour \xff\xfa stays closed."),
            ("empty", b"   \n"),
        ):
            run.ids[name] = asyncio.run(_sent(run.settings, value, "quay \x1b[2J" if name == "empty" else "test"))
            wait_done(run.settings, [run.ids[name]])
        run.ids["notice"] = asyncio.run(retract(run.settings, run["strike"], "order 4711")).id
        wait_done(run.settings, [run["notice"]])
        _until_withdrawn(run)
        run.ids["before"] = asyncio.run(retract(run.settings, item_of("test", "g9"), None)).id
        wait_done(run.settings, [run["before"]])
        run.ids["early"] = asyncio.run(_sent(run.settings, _json("g9", "Copper mine to reopen", MINE), "test"))
        wait_done(run.settings, [run["early"]])
        assert worker.stop() == 0
    asyncio.run(_merged(run))
    return run


async def _merged(run: Run) -> None:
    """Another story, of one article, that became part of the storm's, and a family that did."""
    [message] = [each for each in await read_all(run.settings, "enriched") if each.key == run["aftermath"].encode()]
    run.ids["late"], run.ids["other"] = "ab" * 16, "cd" * 16
    record = replace(decode(Enriched, message.value), id=run["late"], story=StoryRef(id=run["other"]), headline=LATE)
    now = datetime.now(UTC)
    snapshot = StorySnapshot(id=run["other"], merged_into=run["storm"], first=now, last=now, count=0)
    merge = FamilyMerge(id=run["storm"], merged_into=run["late"], by=run["other"], at=now)
    async with clients.producer(run.settings) as producer:
        for topic, one in (("enriched", record), ("stories", snapshot), ("families", merge)):
            partition = 0 if topic != "enriched" else None
            await producer.send_and_wait(
                topic_name(run.settings, topic), encode(one), key=one.id.encode(), partition=partition
            )


def _json(guid: str, headline: str, body: str, **more: object) -> bytes:
    return orjson.dumps({"id": guid, "headline": headline, "body": body, **more})


async def _sent(settings: Settings, value: bytes, source: str) -> str:
    kind = "application/json" if value.startswith(b"{") else "text/plain"
    await send(settings, [value], source=source, media_type=kind)
    return next(
        id_
        for message in await read_all(settings, "raw")
        if message.value == value and (id_ := document("raw", message))
    )


def _until_withdrawn(run: Run) -> None:
    """The record has no text any more, nor has the snapshot of its story."""

    def withdrawn() -> bool:
        key = run["strike"].encode()
        last = [[each.value for each in _read(run, topic) if each.key == key][-1:] for topic in ("enriched", "stories")]
        return all(values and b"Tram drivers" not in (values[0] or b"") for values in last)

    wait_until(withdrawn, 30, "the withdrawn record, and its story without it")


def _read(run: Run, topic: str) -> list[Message]:
    return asyncio.run(read_all(run.settings, topic))


def topics_of(explanation: dict[str, Any], run: Run) -> list[str]:
    return [hop["topic"].removeprefix(f"{run.settings.prefix}.") for hop in explanation["hops"]]


WAY = ["raw", "clean", "tagged", "fingerprints", "judged", "enriched"]


@pytest.mark.broker
def test_every_hop_stands_where_it_says(run: Run) -> None:
    told = run.json("explain", run["aftermath"])
    assert topics_of(told, run) == WAY
    for topic, hop in zip(WAY, told["hops"], strict=True):
        [message] = [
            each
            for each in asyncio.run(read_all(run.settings, topic))
            if (each.partition, each.offset) == (hop["partition"], hop["offset"])
        ]
        assert document(topic, message) == run["aftermath"]
        assert datetime.fromisoformat(hop["at"]) == message.at
    assert told["hops"][0]["seconds"] is None
    assert all(0 <= hop["seconds"] < 60 for hop in told["hops"][1:])


@pytest.mark.broker
def test_a_reprint_names_what_it_was_compared_with_and_what_decided(run: Run) -> None:
    told = run.json("explain", run["reprint"])
    assert told["duplicate"]["kind"] == "near"
    assert told["duplicate"]["of"] == run["storm"]
    [decider, *_] = told["compared"]
    assert decider["id"] == run["storm"]
    assert decider["headline"] == "Storm shuts harbour"
    assert decider["rule"] == "accepted"
    assert decider["similarity"] == told["duplicate"]["similarity"] > 0.8
    assert told["story"]["operation"] == "followed"
    assert told["story"]["id"] == run["storm"]


@pytest.mark.broker
def test_a_document_that_came_again_shows_it(run: Run) -> None:
    told = run.json("explain", run["again"])
    assert run["again"] == run["reprint"]
    assert [topic for topic in topics_of(told, run) if topic == "fingerprints"] == ["fingerprints"]
    again = [hop["topic"].rpartition(".")[2] for hop in told["hops"] if hop["what"].startswith("again: ")]
    assert again == ["raw", "clean", "tagged", "judged", "enriched"]


@pytest.mark.broker
def test_a_version_and_the_one_before_it_name_each_other(run: Run) -> None:
    newer, older = run.json("explain", run["version"]), run.json("explain", run["storm"])
    assert (newer["version"], newer["revises"], newer["duplicate"]["kind"]) == (2, run["storm"], "revision")
    assert older["superseded_by"] == run["version"]
    amended = [hop for hop in older["hops"] if hop["what"].startswith("amended: ")]
    assert [hop["topic"].rpartition(".")[2] for hop in amended] == ["judged", "enriched"]
    assert "superseded" in amended[0]["what"]
    assert f"superseded by  {run['version']} “Storm shuts" in run.invoke("explain", run["storm"]).stdout


@pytest.mark.broker
def test_a_withdrawn_one_names_the_notice_and_says_nothing_of_its_text(run: Run) -> None:
    result = run.invoke("explain", run["strike"])
    told = run.json("explain", run["strike"])
    assert told["status"] == "withdrawn"
    assert told["withdrawn_by"] == [run["notice"]]
    assert told["headline"] is None
    assert f"notice {run['notice']}" in result.stdout
    assert "Tram" not in result.stdout
    assert "trams" not in result.stdout
    copy = run.json("explain", run["copy"])
    assert (copy["duplicate"]["of"], copy["duplicate"]["withdrawn"]) == (run["strike"], True)
    assert "has been withdrawn by its source" in run.invoke("explain", run["copy"]).stdout


@pytest.mark.broker
def test_a_notice_that_came_before_its_document_is_found(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trace, "CLOCKS", timedelta(milliseconds=1))  # else both are of one minute
    told = run.json("explain", run["early"])
    assert (told["status"], told["withdrawn_by"]) == ("withdrawn", [run["before"]])
    assert told["story"] is None
    assert "withdrawn before it came" in run.invoke("explain", run["early"]).stdout


@pytest.mark.broker
def test_a_notice_is_shown_in_every_partition_that_it_went_to(run: Run) -> None:
    told = run.json("explain", run["notice"])
    assert topics_of(told, run).count("tagged") == 8
    assert topics_of(told, run).count("dropped") == 1
    assert not any(hop["what"].startswith(("again", "amended")) for hop in told["hops"])


@pytest.mark.broker
def test_what_was_rejected_or_dropped_has_no_verdict_and_says_why(run: Run) -> None:
    for name, ends in (("broken", "deadletter"), ("empty", "dropped")):
        told = run.json("explain", run[name])
        assert topics_of(told, run) == ["raw", ends]
        assert told["duplicate"] is None
        assert told["compared"] == []
    assert "copydesk dlq show" in run.invoke("explain", run["broken"]).stdout
    assert "clean: not UTF-8, attempt 1" in run.invoke("explain", run["broken"]).stdout


@pytest.mark.broker
def test_a_story_is_explained_in_words_of_the_article(run: Run) -> None:
    story = run.json("explain", run["aftermath"])["story"]
    assert (story["id"], story["operation"]) == (run["storm"], "told")
    assert story["likeness"] > 0.24
    assert {"storm", "harbour", "cranes"} & set(story["words"])
    assert set(story["words"]) <= set(AFTERMATH.lower().replace(",", "").replace(".", "").replace("'", " ").split())
    assert "Anna" in " ".join(story["names"])
    assert "24 is enough" in run.invoke("explain", run["aftermath"]).stdout


@pytest.mark.broker
def test_the_beginning_of_an_id_will_do_and_longer_ones_name_the_same(run: Run) -> None:
    for length in (8, 13, 31, 32):
        assert run.json("explain", run["aftermath"][:length])["id"] == run["aftermath"]
        assert run.json("story", run["aftermath"][:length])["id"] == run["storm"]


@pytest.mark.broker
def test_a_story_shows_its_articles_in_order(run: Run) -> None:
    of_story, of_document = run.json("story", run["storm"]), run.json("story", run["aftermath"])
    assert of_story == of_document
    assert [article["id"] for article in of_story["articles"]] == [
        run[name] for name in ("storm", "reprint", "version", "aftermath", "late")
    ]
    assert of_story["count"] == 4
    assert "Ostrava Bay counts the storm's damage" in run.invoke("story", run["storm"]).stdout


@pytest.mark.broker
def test_a_story_that_became_part_of_another_leads_to_it(run: Run) -> None:
    merged = run.json("story", run["other"])
    assert (merged["id"], merged["merged"]) == (run["storm"], [run["other"]])
    assert run.json("story", run["late"]) == merged


@pytest.mark.broker
def test_what_was_written_again_long_after_is_told_as_it_is_now(run: Run) -> None:
    story = run.json("explain", run["copy"])["story"]["id"]
    later = datetime.now(UTC) + timedelta(minutes=5)
    asyncio.run(_written(run.settings, StorySnapshot(id=story, headline="Told anew", first=later, last=later, count=1)))
    assert run.json("explain", run["copy"])["story"]["headline"] == "Told anew"


async def _written(settings: Settings, snapshot: StorySnapshot) -> None:
    at = int(snapshot.last.timestamp() * 1000)
    topic, key = topic_name(settings, "stories"), snapshot.id.encode()
    async with clients.producer(settings) as producer:
        await producer.send_and_wait(topic, encode(snapshot), key=key, partition=0, timestamp_ms=at)


@pytest.mark.broker
def test_a_window_of_a_million_years_is_no_trouble(run: Run) -> None:
    environment = {"COPYDESK_BROKERS": run.settings.brokers, "COPYDESK_PREFIX": run.settings.prefix}
    result = CliRunner().invoke(cli, ["explain", run["copy"]], env=environment | {"COPYDESK_WINDOW_DAYS": "4e8"})
    assert result.exit_code == 0, result.exception


def explained(tagged: Tagged) -> Explanation:
    """Of an article that comes into an empty window."""
    state = State(days=7, documents=10, tombstone_hours=24)
    decision, judged = decide(state, tagged, 0), judge(state, tagged, 0)
    assert isinstance(decision, Decision)
    assert judged
    return Explanation(id=decision.id, hops=(), record=enrich(judged), decision=decision)


def test_nothing_in_common_is_said_only_of_what_was_compared() -> None:
    told = explained(made(STORM, headline="Storm"))
    assert told.alone
    assert told.record
    assert told.decision
    assert not explained(made(STORM, headline="ADVISORY-Storm story coming")).alone
    assert not explained(made("", headline=None)).alone
    for record in (None, replace(told.record, status="withdrawn")):
        assert not replace(told, record=record).alone
    for decision in (
        None,
        replace(told.decision, offset=NOWHERE),
        replace(told.decision, duplicate=Duplicate(kind="near", of="ab" * 16)),
    ):
        assert not replace(told, decision=decision).alone
    line = Removed(rule="mark", text="Eds: ADDS", characters=9)
    assert not replace(told, record=replace(told.record, removed=(line,))).alone


@pytest.mark.broker
def test_families_that_became_one_are_told(run: Run) -> None:
    for name in ("storm", "reprint"):
        [merge] = run.json("explain", run[name])["merged_families"]
        assert (merge["id"], merge["merged_into"]) == (run["storm"], run["late"])
    assert run.json("explain", run["strike"])["merged_families"] == []
    assert f"became part of {run['late']}" in " ".join(run.invoke("explain", run["storm"]).stdout.split())


@pytest.mark.broker
def test_other_peoples_text_steers_no_terminal(run: Run) -> None:
    shown = [run.invoke(*words).stdout for words in (("explain", run["late"]), ("story", run["storm"]))]
    assert all(r"Late \x1b[2J\u202e[red]\r\nnews" in each for each in shown)
    shown.append(run.invoke("explain", run["empty"]).stdout)
    assert r"of quay \x1b[2J" in shown[-1]
    assert all(each.replace("\n", "").isprintable() for each in shown)


@pytest.mark.broker
def test_an_unknown_id_says_where_ids_are(run: Run) -> None:
    for command in ("explain", "story"):
        for wanted in ("f" * 32, "f" * 9):
            error = run.invoke(command, wanted).exception
            assert isinstance(error, UserError)
            assert f"no record of a document {wanted}" in str(error)
            assert "\n" not in str(error)
    error = run.invoke("story", run["broken"]).exception
    assert isinstance(error, UserError)


@pytest.mark.broker
def test_a_beginning_that_several_ids_have_is_refused(desk: Settings) -> None:
    ids = [f"{'ab' * 4}{rest}" + "0" * 20 for rest in ("0000", "0001", "0100", "1000")]
    keyed = [(topic, id_) for id_ in ids for topic in ("enriched", "dropped")]
    asyncio.run(_keyed(desk, keyed))
    for length in (8, 9, 10, 12, 32):
        for id_ in ids[1:3]:
            alike = [other for other in ids if other[:length] == id_[:length]]
            result = invoke(desk, "explain", id_[:length], "--json")
            if len(alike) > 1:
                assert f"{len(alike)} documents begin with {id_[:length]}" in str(result.exception)
            else:
                assert orjson.loads(result.stdout)["id"] == id_


async def _keyed(settings: Settings, keyed: list[tuple[str, str]]) -> None:
    async with clients.producer(settings) as producer:
        for topic, id_ in keyed:
            await producer.send_and_wait(topic_name(settings, topic), b"{}", key=id_.encode())


@pytest.mark.parametrize("wanted", ["53c48dd", "53C48DD139620A893060CC64C42256C8", "x" * 32, "a" * 33, "\x1b[31m", ""])
@pytest.mark.parametrize("command", ["explain", "story"])
def test_what_is_no_id_is_refused(command: str, wanted: str) -> None:
    result = CliRunner().invoke(cli, [command, wanted])
    assert result.exit_code == 2
    assert "hex digits" in result.stderr
    assert result.stderr.replace("\n", "").isprintable()


@pytest.mark.parametrize("command", ["explain", "story"])
def test_help_says_what_is_read_and_needs_no_kafka(command: str) -> None:
    result = CliRunner().invoke(cli, [command, "--help"])
    assert result.exit_code == 0
    assert "Read are" in " ".join(result.stdout.split())
