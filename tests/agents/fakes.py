"""What the loop is given in tests without a broker: messages, a consumer that notes what is acknowledged."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from agents.message import Incoming
from pipeline.cleaning import identify
from pipeline.duplicates.sketch import sketch
from pipeline.records import Article, Origin, Raw, Tagged, encode

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(eq=False)
class FakeMessage:
    value: bytes | None
    offset: int
    topic: str = "news.raw"
    partition: int = 0
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: float = NOON.timestamp()
    epoch: int = 0


@dataclass
class FakeOffsets:
    epoch: int = 0
    acknowledged: list[FakeMessage] = field(default_factory=list)

    def take(self, message: FakeMessage) -> bool:
        return message.epoch == self.epoch

    def acknowledge(self, message: FakeMessage) -> None:
        self.acknowledged.append(message)


def incoming(value: bytes | None, *, topic: str = "news.raw", key: bytes | None = None, offset: int = 0) -> Incoming:
    return Incoming(value, key, {}, NOON, Origin(topic, 0, offset))


def tagged(text: str) -> Tagged:
    value = text.encode()
    identity = identify(Raw(value, {}, NOON, Origin("news.raw", 0, 0)))
    article = Article(
        id=identity.id,
        source="test",
        media_type="text/plain",
        received=NOON,
        received_from="broker",
        body=text,
        words=len(text.split()),
        cleaner="test",
    )
    return Tagged(article=article, language="en", sketch=sketch(None, text))


def tagged_messages(count: int) -> list[FakeMessage]:
    records = [tagged(f"number {number} of the wires that came in before noon today") for number in range(count)]
    return [
        FakeMessage(encode(record), offset, "news.tagged", key=record.article.id.encode())
        for offset, record in enumerate(records)
    ]
