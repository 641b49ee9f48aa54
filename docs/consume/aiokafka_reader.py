"""Keep news.enriched in a SQLite table, the last record of each id. Needs the package aiokafka[zstd]; Ctrl-C ends it."""

import argparse
import asyncio
import json
import os
import sqlite3
import sys
from contextlib import suppress

from aiokafka import AIOKafkaConsumer, ConsumerRecord
from aiokafka.errors import CommitFailedError, KafkaConnectionError

TOPIC = os.environ.get("COPYDESK_PREFIX", "news") + ".enriched"
GROUP = "my-articles"  # Kafka keeps your place in the topic under this name: choose one of your own


def store(articles: sqlite3.Connection, message: ConsumerRecord) -> None:
    id_ = (message.key or b"").decode(errors="replace")
    schema = dict(message.headers).get("copydesk-schema")
    # repr escapes what a stranger may have typed to play with a terminal.
    if message.value is None:  # a tombstone
        articles.execute("DELETE FROM articles WHERE id = ?", [id_])
        print(repr(id_), "forgotten")
    elif schema is None:
        print(f"offset {message.offset}: not written by the desk, left out", file=sys.stderr)
    else:
        if schema not in {b"1", b"2", b"3"}:  # a higher number: fields were added, those known here mean what they did
            print(f"{id_!r} has schema {schema!r}, this reader was written for 3", file=sys.stderr)
        record = json.loads(message.value)
        articles.execute("INSERT OR REPLACE INTO articles VALUES (?, ?)", [id_, message.value.decode()])
        print(repr(id_), record["language"], record["duplicate"]["kind"], repr(record["headline"]))


async def read(brokers: str, limit: int) -> None:
    articles = sqlite3.connect("articles.sqlite")
    articles.execute("CREATE TABLE IF NOT EXISTS articles (id TEXT PRIMARY KEY, record TEXT)")
    consumer = AIOKafkaConsumer(
        TOPIC, bootstrap_servers=brokers, group_id=GROUP, auto_offset_reset="earliest", enable_auto_commit=False
    )
    try:
        await consumer.start()
        while limit > 0:
            partitions = await consumer.getmany(timeout_ms=1000, max_records=min(limit, 500))
            messages = [message for batch in partitions.values() for message in batch]
            with articles:  # one transaction
                for message in messages:
                    store(articles, message)
            limit -= len(messages)
            # Only now: who dies before this line reads these again. So does another reader of the group, if their
            # partition was given to it meanwhile: then the commit fails, and nothing is lost.
            if messages:
                with suppress(CommitFailedError):
                    await consumer.commit()
    finally:
        await consumer.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("brokers", nargs="?", default=os.environ.get("COPYDESK_BROKERS", "localhost:9092"))
    parser.add_argument("--limit", type=int, default=sys.maxsize, help="end after so many records")
    arguments = parser.parse_args()
    try:
        asyncio.run(read(arguments.brokers, arguments.limit))
    except KeyboardInterrupt:
        pass
    except KafkaConnectionError:
        sys.exit(f"no Kafka answers at {arguments.brokers}; start it, or name another")
