"""Takes an article back: a message to the raw topic that names it, in order with everything else from there on."""

import asyncio
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import orjson
from aiokafka.errors import KafkaError

from pipeline.cleaning import identify
from pipeline.cleaning.item import WITHDRAWS
from pipeline.errors import UserError
from pipeline.identity import item_id
from pipeline.kafka.headers import as_mapping, cloud_event
from pipeline.kafka.replay import ACKNOWLEDGE_SECONDS, bounded_producer, cluster_id
from pipeline.kafka.topics import topic_name
from pipeline.records import Origin, Raw
from pipeline.settings import Settings

SOURCE: Final = "copydesk"
"""Who sends: the desk itself, and not the source whose article it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A withdrawal notice as it was sent."""

    id: str
    withdraws: str
    at: Origin


def item_of(source: str, source_id: str) -> str:
    """Id of a source's item, by the very function that names its documents when they come."""
    nowhere = Origin("", 0, 0)
    headers = {"ce_source": source.encode(), "ce_id": source_id.encode()}
    named = identify(Raw(b"", headers, datetime.now(UTC), nowhere))
    return item_id(named.source, named.source_id, named.id)


async def retract(settings: Settings, withdraws: str, reason: str | None) -> Notice:
    """Send a notice that takes `withdraws` back, an item or a document; returns when the broker has it.

    Each call sends a notice of its own: what is taken back twice stays so.

    Raises:
        UserError: Kafka does not answer, the topic is missing, or the notice was not acknowledged.
    """
    topic = topic_name(settings, "raw")
    await cluster_id(settings, topic)
    # The reason is the headline: a notice's body goes no further than the raw and clean topics.
    value = orjson.dumps({"headline": reason} if reason else {})
    headers = cloud_event(
        source=SOURCE,
        source_id=str(uuid.uuid4()),
        media_type="application/json",
        time=datetime.now(UTC),
        kind="withdrawal",
    )
    headers.append((WITHDRAWS, withdraws.encode()))
    id_ = identify(Raw(value, as_mapping(headers), datetime.now(UTC), Origin("", 0, 0))).id
    try:
        async with bounded_producer(settings) as producer:
            sending = producer.send_and_wait(topic, value, key=id_.encode(), headers=headers)
            sent = await asyncio.wait_for(sending, ACKNOWLEDGE_SECONDS)
    except (KafkaError, TimeoutError) as error:
        raise UserError(
            f"{topic} did not take the notice ({type(error).__name__} {error}); see to the brokers "
            "(`copydesk topics check`) and repeat the command: what is sent twice is taken back once"
        ) from error
    return Notice(id=id_, withdraws=withdraws, at=Origin(sent.topic, sent.partition, sent.offset))
