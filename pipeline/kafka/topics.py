"""The topics: one table says all there is to say about them; `create` makes them so, `check` tells where they differ."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import KafkaError, LeaderNotAvailableError, TopicAlreadyExistsError, for_code

from pipeline.errors import UserError
from pipeline.records import Stage
from pipeline.settings import MIB, Settings

DAY_MS: Final = 24 * 3600 * 1000
# Keys, headers and the batch's own frame come on top of a value of exactly the limit.
_FRAME: Final = 64 * 1024
# Seconds were seen on a broker that had just started; longer than this is a broker out of order.
_VISIBLE_SECONDS: Final = 30.0
RAW_BYTES: Final = 8 * MIB
"""Largest document the raw topic takes."""

# Duplicates share a language, so one owner of a language sees every pair that matters, in offset order. By table and
# not by hash: a hash would put two large languages on one owner. Seven languages and the rest.
LANGUAGES: Final[Mapping[str, int]] = {"en": 0, "de": 1, "fr": 2, "es": 3, "ru": 4, "zh": 5, "ar": 6}
OTHER_LANGUAGES: Final = 7
LANGUAGE_PARTITIONS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    by_language: bool = False
    """Partitioned by language; else by document id, over COPYDESK_PARTITIONS."""
    cleanup: Literal["delete", "compact", "compact,delete"] = "delete"
    days: int
    """Retention; -1: for ever."""
    value_bytes: int = RAW_BYTES


# Inner topics keep three days: a weekend's outage, and not a second archive. Raw keeps seven, to run a week again.
TOPICS: Final[Mapping[str, Topic]] = {
    "raw": Topic(days=7),
    "clean": Topic(days=3),
    # A newer version changes the record of the older one, which is made anew from here: a day longer than the window.
    "tagged": Topic(by_language=True, days=8),
    # Trimmed below the window by its owner: retention or compaction would cut what a fold still needs.
    "fingerprints": Topic(by_language=True, days=-1),
    "judged": Topic(by_language=True, days=3),
    "stories": Topic(by_language=True, cleanup="compact", days=-1),
    "families": Topic(by_language=True, cleanup="compact,delete", days=30),
    # The last record of an id is the truth, and stays readable for a month.
    "enriched": Topic(cleanup="compact,delete", days=30),
    "dropped": Topic(days=30),
    "deadletter": Topic(days=30, value_bytes=10 * MIB),
}
INPUTS: Final[Mapping[Stage, str]] = {"clean": "raw", "extract": "clean", "dedupe": "tagged", "emit": "judged"}
"""What each stage reads."""
MESSAGE_BYTES: Final = {name: topic.value_bytes + _FRAME for name, topic in TOPICS.items()}


def topic_name(settings: Settings, name: str) -> str:
    assert name in TOPICS
    return f"{settings.prefix}.{name}"


def language_partition(language: str, partitions: int) -> int:
    return LANGUAGES.get(language, OTHER_LANGUAGES) % partitions


def partitions(settings: Settings, name: str) -> int:
    return LANGUAGE_PARTITIONS if TOPICS[name].by_language else settings.partitions


def configuration(name: str, replicas: int) -> dict[str, str]:
    topic = TOPICS[name]
    # What was replaced or taken back is off the disk after a day; by Kafka's own default it may be there for a week.
    compacted = {"segment.ms": str(DAY_MS), "max.compaction.lag.ms": str(DAY_MS)} if "compact" in topic.cleanup else {}
    return compacted | {
        "cleanup.policy": topic.cleanup,
        "retention.ms": str(topic.days * DAY_MS if topic.days >= 0 else -1),
        "max.message.bytes": str(MESSAGE_BYTES[name]),
        "min.insync.replicas": str(max(1, replicas - 1)),
    }


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing about a topic that is not as the table says."""

    topic: str
    what: str
    fatal: bool
    """A worker refuses to start over it."""


async def create(client: AIOKafkaAdminClient, settings: Settings) -> list[str]:
    """Create the topics that are missing and wait until they show; those that exist stay as they are.

    Returns the names of the new ones.

    Raises:
        UserError: the cluster refused, or does not show them.
    """
    brokers = len((await client.describe_cluster())["brokers"])
    replicas = settings.replication or min(3, brokers)
    made = []
    for name in TOPICS:
        new = NewTopic(
            name=topic_name(settings, name),
            num_partitions=partitions(settings, name),
            replication_factor=replicas,
            topic_configs=configuration(name, replicas),
        )
        response = await client.create_topics([new])
        for _, code, message in (error[:3] for error in response.topic_errors):
            if code == TopicAlreadyExistsError.errno:
                continue
            if code:
                reason = message or for_code(code).__name__
                raise UserError(f"topic {new.name} was not created: {reason}; {brokers} brokers are up")
            made.append(new.name)
    await _until_visible(client, settings)
    return made


async def _until_visible(client: AIOKafkaAdminClient, settings: Settings) -> None:
    """A broker learns of a new topic after the controller has answered: 10 ms later, or seconds where it is busy."""
    deadline = time.monotonic() + _VISIBLE_SECONDS
    while (
        missing := {topic_name(settings, name) for name in TOPICS} - (await partition_counts(client, settings)).keys()
    ):
        if time.monotonic() > deadline:
            raise UserError(
                f"{', '.join(sorted(missing))} created but not to be seen after {_VISIBLE_SECONDS:.0f} s; look at the "
                "brokers' logs, or at whether this user may describe them"
            )
        await asyncio.sleep(0.05)


async def partition_counts(client: AIOKafkaAdminClient, settings: Settings) -> dict[str, int]:
    """Partitions of those of our topics that exist, by full name.

    All topics are asked for and none by name: aiokafka lets the broker create a topic it is asked about, with the
    broker's own defaults, where `auto.create.topics.enable` is on (Kafka's default).
    """
    ours = {topic_name(settings, name) for name in TOPICS}
    return {
        topic["topic"]: len(topic["partitions"])
        for topic in await client.describe_topics()
        if topic["topic"] in ours and topic["error_code"] in (0, LeaderNotAvailableError.errno)
    }


async def check(client: AIOKafkaAdminClient, settings: Settings) -> list[Difference]:
    """What is not as the table says, fatal differences first."""
    described = await partition_counts(client, settings)
    missing = [
        Difference(topic_name(settings, name), "is missing; run `copydesk topics create`", fatal=True)
        for name in TOPICS
        if topic_name(settings, name) not in described
    ]
    if missing:
        return missing
    found = [*_partition_differences(described, settings), *await _configuration_differences(client, settings)]
    return sorted(found, key=lambda difference: not difference.fatal)


def _partition_differences(described: Mapping[str, int], settings: Settings) -> Iterable[Difference]:
    counts = {name: described[topic_name(settings, name)] for name in TOPICS}
    for name in ("fingerprints", "judged", "stories", "families"):
        if counts[name] != counts["tagged"]:
            yield Difference(
                topic_name(settings, name),
                f"has {counts[name]} partitions and {topic_name(settings, 'tagged')} has {counts['tagged']}; "
                "they must be equal: delete the smaller one and run `copydesk topics create`",
                fatal=True,
            )
    for name, count in counts.items():
        if count != (wanted := partitions(settings, name)):
            yield Difference(
                topic_name(settings, name), f"has {count} partitions, the table says {wanted}", fatal=False
            )


async def _configuration_differences(client: AIOKafkaAdminClient, settings: Settings) -> list[Difference]:
    names = [topic_name(settings, name) for name in TOPICS]
    try:
        in_force = await configurations(client, names)
    except KafkaError as error:
        return [Difference("*", f"configuration can't be read ({type(error).__name__}); not checked", fatal=False)]
    found = []
    for name in TOPICS:
        actual = in_force[topic_name(settings, name)]
        for key, wanted in configuration(name, settings.replication or 1).items():
            if key == "min.insync.replicas" or (value := actual.get(key)) == wanted:
                continue  # in-sync replicas follow the size of the cluster, which only `create` asks for
            if value is None:
                found.append(Difference(topic_name(settings, name), f"{key} can't be read", fatal=False))
                continue
            fatal = _sorted(value) != _sorted(wanted) if key == "cleanup.policy" else False
            if key == "max.message.bytes":
                fatal = int(value) < int(wanted)
            text = f"has {key}={value}, the table says {wanted}"
            if fatal:
                text += f"; alter it: kafka-configs --alter --topic {topic_name(settings, name)} --add-config {key}={wanted}"
            if key != "cleanup.policy" or fatal:
                found.append(Difference(topic_name(settings, name), text, fatal=fatal))
    return found


def _sorted(policy: str) -> list[str]:
    return sorted(policy.replace(" ", "").split(","))


async def configurations(client: AIOKafkaAdminClient, names: list[str]) -> dict[str, dict[str, str]]:
    """What is set for each of the topics, by full name.

    Raises:
        KafkaError: the broker refused.
    """
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    found: dict[str, dict[str, str]] = {}
    for response in await client.describe_configs(resources):
        resource: Any
        for resource in response.resources:
            code, _message, _kind, name, entries = resource[:5]
            if code:
                raise for_code(code)
            found[name] = {entry[0]: entry[1] for entry in entries}
    return found


def refuse(differences: Iterable[Difference]) -> None:
    """Raise over the first fatal difference.

    Raises:
        UserError: a worker can't run on these topics.
    """
    for difference in differences:
        if difference.fatal:
            raise UserError(f"topic {difference.topic} {difference.what}")
