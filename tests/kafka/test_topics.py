import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import TopicAuthorizationFailedError

from pipeline.errors import UserError
from pipeline.kafka import clients, topics
from pipeline.kafka.topics import INPUTS, LANGUAGE_PARTITIONS, LANGUAGES, OTHER_LANGUAGES, TOPICS, Difference
from pipeline.settings import Settings, load

T = TypeVar("T")


def ask(settings: Settings, question: Callable[[AIOKafkaAdminClient, Settings], Awaitable[T]]) -> T:
    async def asked() -> T:
        async with clients.admin(settings) as client:
            return await question(client, settings)

    return asyncio.run(asked())


def differ(settings: Settings, *, fatal: bool) -> dict[str, str]:
    return {
        difference.topic.removeprefix(f"{settings.prefix}."): difference.what
        for difference in ask(settings, topics.check)
        if difference.fatal == fatal
    }


def alter(settings: Settings, name: str, **changes: str) -> None:
    full = topics.topic_name(settings, name)
    # What is not named goes back to the broker's default.
    wanted = topics.configuration(name, 1) | {key.replace("_", "."): value for key, value in changes.items()}

    async def altered(client: AIOKafkaAdminClient, _: Settings) -> None:
        await client.alter_configs([ConfigResource(ConfigResourceType.TOPIC, full, wanted)])
        while wanted.items() - (await topics.configurations(client, [full]))[full].items():  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.05)

    ask(settings, altered)


def delete(settings: Settings, name: str) -> None:
    async def wait(client: AIOKafkaAdminClient, _: Settings) -> None:
        full = topics.topic_name(settings, name)
        await client.delete_topics([full])
        while full in await topics.partition_counts(client, settings):  # noqa: ASYNC110 - the broker tells nobody
            await asyncio.sleep(0.05)

    ask(settings, wait)


def recreate(settings: Settings, name: str, count: int) -> None:
    async def remake(client: AIOKafkaAdminClient, _: Settings) -> None:
        new = NewTopic(topics.topic_name(settings, name), count, 1, topic_configs=topics.configuration(name, 1))
        assert not (await client.create_topics([new])).topic_errors[0][1]

        await topics.create(client, settings)  # waits until it shows

    delete(settings, name)
    ask(settings, remake)


def test_what_duplicates_need_is_partitioned_alike() -> None:
    assert all(TOPICS[name].by_language for name in ("tagged", "fingerprints", "judged", "stories", "families"))


def test_every_language_has_an_owner_and_large_ones_have_their_own() -> None:
    assert sorted(LANGUAGES.values()) == list(range(len(LANGUAGES)))
    assert OTHER_LANGUAGES not in LANGUAGES.values()
    assert topics.language_partition("tlh", LANGUAGE_PARTITIONS) == OTHER_LANGUAGES
    assert all(topics.language_partition(language, 3) < 3 for language in [*LANGUAGES, "und"])


def test_every_stage_reads_another_topic() -> None:
    assert len(set(INPUTS.values())) == len(INPUTS)
    assert set(INPUTS.values()) <= set(TOPICS)


def test_a_dead_letter_holds_the_largest_document() -> None:
    assert topics.MESSAGE_BYTES["deadletter"] > topics.MESSAGE_BYTES["raw"]


@pytest.mark.parametrize(("fatal", "expected"), [(True, "topic t says no"), (False, None)], ids=["fatal", "warning"])
def test_a_worker_refuses_to_start_over_a_fatal_difference_alone(*, fatal: bool, expected: str | None) -> None:
    differences = [Difference("w", "is odd", fatal=False), Difference("t", "says no", fatal=fatal)]
    if expected is None:
        topics.refuse(differences)
    else:
        with pytest.raises(UserError, match=expected):
            topics.refuse(differences)


async def test_no_topic_is_asked_for_by_name() -> None:
    """Kafka's default is to create a topic that somebody asks about, with one partition."""

    class Client:
        async def describe_topics(self, topics: list[str] | None = None) -> list[dict[str, Any]]:
            assert topics is None
            names = {"news.raw": 0, "news.clean": 5, "news.tagged": 3, "else.raw": 0}
            return [{"topic": name, "error_code": code, "partitions": [{}]} for name, code in names.items()]

    client = cast("AIOKafkaAdminClient", Client())
    # 5: it has no leader yet, 3: it does not exist.
    assert await topics.partition_counts(client, Settings()) == {"news.raw": 1, "news.clean": 1}


@pytest.mark.broker
def test_created_topics_are_as_the_table_says_and_creating_again_changes_nothing(broker: str, desk: Settings) -> None:
    fresh = load(brokers=broker, prefix=f"{desk.prefix}-2", partitions=3)
    assert sorted(ask(fresh, topics.create)) == sorted(f"{fresh.prefix}.{name}" for name in TOPICS)
    assert ask(fresh, topics.check) == []
    assert ask(fresh, topics.create) == []
    counts = ask(fresh, topics.partition_counts)
    assert {counts[f"{fresh.prefix}.{name}"] for name in ("raw", "clean", "enriched")} == {3}
    assert counts[f"{fresh.prefix}.tagged"] == LANGUAGE_PARTITIONS


@pytest.mark.broker
def test_a_missing_topic_is_fatal_and_is_not_made_by_asking(broker: str, desk: Settings) -> None:
    delete(desk, "judged")
    for _ in range(2):
        assert differ(desk, fatal=True) == {"judged": "is missing; run `copydesk topics create`"}
    assert ask(desk, topics.create) == [f"{desk.prefix}.judged"]
    assert ask(desk, topics.check) == []


@pytest.mark.broker
def test_unequal_partition_counts_are_fatal(desk: Settings) -> None:
    recreate(desk, "fingerprints", LANGUAGE_PARTITIONS - 1)
    assert "must be equal" in differ(desk, fatal=True)["fingerprints"]
    with pytest.raises(UserError, match=rf"topic {desk.prefix}\.fingerprints has 7 partitions"):
        topics.refuse(ask(desk, topics.check))


@pytest.mark.broker
def test_another_count_of_partitions_is_a_warning(desk: Settings) -> None:
    assert differ(Settings(**desk.model_dump() | {"partitions": desk.partitions + 1}), fatal=False).keys() == {
        name for name, topic in TOPICS.items() if not topic.by_language
    }


@pytest.mark.broker
def test_what_would_lose_or_refuse_records_is_fatal_and_the_rest_a_warning(desk: Settings) -> None:
    alter(desk, "fingerprints", cleanup_policy="compact")
    alter(desk, "enriched", cleanup_policy="delete,compact")  # the same policies in another order
    alter(desk, "clean", max_message_bytes="1000000")
    alter(desk, "raw", max_message_bytes="20000000", retention_ms="3600000")
    fatal = differ(desk, fatal=True)
    assert fatal.keys() == {"fingerprints", "clean"}
    assert "kafka-configs --alter" in fatal["clean"]
    warnings = [d.what for d in ask(desk, topics.check) if not d.fatal]
    assert len(warnings) == 2
    assert any("retention.ms=3600000" in what for what in warnings)
    assert all(difference.fatal for difference in ask(desk, topics.check)[:2])


@pytest.mark.broker
def test_a_denied_look_at_the_configuration_is_a_warning(desk: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    async def denied(*_: Any) -> None:
        raise TopicAuthorizationFailedError

    monkeypatch.setattr(AIOKafkaAdminClient, "describe_configs", denied)
    [warning] = ask(desk, topics.check)
    assert not warning.fatal
    assert "TopicAuthorizationFailedError" in warning.what


@pytest.mark.broker
def test_more_copies_than_brokers_is_one_line(broker: str, desk: Settings) -> None:
    wanted = load(brokers=broker, prefix=f"{desk.prefix}-3", replication=9)
    with pytest.raises(UserError, match=r"was not created: .*; 1 brokers are up"):
        ask(wanted, topics.create)


@pytest.mark.parametrize(
    ("brokers", "message"),
    [
        ("", "no Kafka configured; set COPYDESK_BROKERS"),
        ("127.0.0.1:1", "no Kafka answers at 127.0.0.1:1"),
        ("localhost:port", "write host:port"),
    ],
)
def test_no_kafka_is_one_line(brokers: str, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        ask(load(brokers=brokers), topics.check)
    assert "\n" not in str(caught.value)
