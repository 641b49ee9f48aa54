"""Keep news.enriched in a SQLite table, the last record of each id. Needs the package confluent-kafka; Ctrl-C ends it."""

import argparse
import json
import os
import sqlite3
import sys
from contextlib import closing, suppress

from confluent_kafka import Consumer, KafkaException, Message

TOPIC = os.environ.get("COPYDESK_PREFIX", "news") + ".enriched"
GROUP = "my-articles"  # Kafka keeps your place in the topic under this name: choose one of your own


def store(articles: sqlite3.Connection, message: Message) -> None:
    id_, value = (message.key() or b"").decode(errors="replace"), message.value()
    schema = dict(message.headers() or []).get("copydesk-schema")
    # repr escapes what a stranger may have typed to play with a terminal.
    if value is None:  # a tombstone
        articles.execute("DELETE FROM articles WHERE id = ?", [id_])
        print(repr(id_), "forgotten")
    elif schema is None:
        print(f"offset {message.offset()}: not written by the desk, left out", file=sys.stderr)
    else:
        if schema not in {b"1", b"2", b"3"}:  # a higher number: fields were added, those known here mean what they did
            print(f"{id_!r} has schema {schema!r}, this reader was written for 3", file=sys.stderr)
        record = json.loads(value)
        articles.execute("INSERT OR REPLACE INTO articles VALUES (?, ?)", [id_, value.decode()])
        print(repr(id_), record["language"], record["duplicate"]["kind"], repr(record["headline"]))


def read(brokers: str, limit: int) -> None:
    articles = sqlite3.connect("articles.sqlite")
    articles.execute("CREATE TABLE IF NOT EXISTS articles (id TEXT PRIMARY KEY, record TEXT)")
    settings = {"bootstrap.servers": brokers, "group.id": GROUP}
    settings |= {"auto.offset.reset": "earliest", "enable.auto.commit": "false"}
    settings |= {"reconnect.backoff.ms": "1000"}  # else 20 lines a second say that Kafka is away
    with closing(Consumer(settings)) as consumer:
        consumer.subscribe([TOPIC])
        while limit > 0:
            polled = consumer.consume(min(limit, 500), timeout=1)
            for message in polled:
                if error := message.error():  # the client goes on trying by itself
                    print(error, file=sys.stderr)
            messages = [message for message in polled if not message.error()]
            with articles:  # one transaction
                for message in messages:
                    store(articles, message)
            limit -= len(messages)
            # Only now: who dies before this line reads these again. So does another reader of the group, if their
            # partition was given to it meanwhile: then the commit fails, and nothing is lost.
            if messages:
                with suppress(KafkaException):
                    consumer.commit(asynchronous=False)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("brokers", nargs="?", default=os.environ.get("COPYDESK_BROKERS", "localhost:9092"))
    parser.add_argument("--limit", type=int, default=sys.maxsize, help="end after so many records")
    arguments = parser.parse_args()
    with suppress(KeyboardInterrupt):
        read(arguments.brokers, arguments.limit)
