"""What the topics say: the newest articles and dead letters, and whether Kafka is there."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pipeline.cli.card import printable
from pipeline.kafka import clients
from pipeline.kafka.status import dead_letter, key_id
from pipeline.kafka.tail import Message, messages
from pipeline.records import Enriched, RecordError, decode
from pipeline.settings import Settings

# Of each topic, for the tallest of screens.
_ROWS: Final = 200
# A headline may be as long as a document may; this is the widest of screens.
_CELL_CHARACTERS: Final = 400
# Between two looks whether Kafka answers, and two attempts to read a topic; and how long a look may take.
_AGAIN_SECONDS: Final = 5.0
# What was said is believed until the next attempt must have ended.
_TROUBLE_SECONDS: Final = 3 * _AGAIN_SECONDS


@dataclass(frozen=True, slots=True)
class Row:
    """A document, for one line of the screen."""

    id: str
    at: datetime
    cells: tuple[str, ...]
    """Other people's text, made safe for a terminal."""


def article(message: Message) -> Row | None:
    """Source, language, verdict and headline of an enriched record; None where there is none to read."""
    try:
        record = decode(Enriched, message.value)
    except RecordError:  # a tombstone, or none of ours: `copydesk tail` shows it
        return None
    verdict = record.duplicate.kind if record.status == "usable" else record.status
    return _row(record.id, message.at, record.source, record.language, verdict, record.headline or "(no headline)")


def letter(message: Message) -> Row | None:
    """Stage, reason and error of a dead letter; None where something else wrote there."""
    found = dead_letter(message)
    return _row(found.id, message.at, found.stage, found.reason, found.error) if found else None


def _row(id_: str, at: datetime, *cells: str) -> Row:
    return Row(printable(id_[:_CELL_CHARACTERS]), at, tuple(printable(cell[:_CELL_CHARACTERS]) for cell in cells))


# By topic: how a message is read, and with how many of each partition the view begins. A dead letter may have 10 MB.
_FOLLOWED: Final[Mapping[str, tuple[Callable[[Message], Row | None], int]]] = {
    "enriched": (article, 25),
    "deadletter": (letter, 10),
}


class Topics:
    """Follows the topics until it is cancelled; without Kafka it waits for it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._rows: dict[str, dict[str, Row]] = {topic: {} for topic in _FOLLOWED}
        self._trouble: dict[str, tuple[float, str]] = {}

    def newest(self, topic: str) -> list[Row]:
        """Newest first, each document once; what has one time, as a batch does, by its arrival."""
        return sorted(self._rows[topic].values(), key=lambda row: row.at)[::-1]

    @property
    def trouble(self) -> str | None:
        """What keeps us from Kafka, in one line."""
        said = [text for at, text in self._trouble.values() if time.monotonic() - at < _TROUBLE_SECONDS]
        return said[0] if said else None

    async def run(self) -> None:
        async with asyncio.TaskGroup() as together:
            together.create_task(self._watch())
            for topic in _FOLLOWED:
                together.create_task(self._follow(topic))

    async def _watch(self) -> None:
        """Ask again and again whether Kafka answers: a consumer whose broker is away says nothing and waits."""
        while True:
            try:
                async with asyncio.timeout(_AGAIN_SECONDS), clients.admin(self._settings):
                    self._trouble.pop("kafka", None)
            except TimeoutError:
                self._say("kafka", f"Kafka at {self._settings.brokers} does not answer")
            except Exception as error:  # noqa: BLE001 - whatever it is, it is shown, and the figures go on
                self._say("kafka", str(error) or type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _follow(self, topic: str) -> None:
        read, start = _FOLLOWED[topic]
        while True:
            try:
                async with aclosing(messages(self._settings, topic, start=start, follow=True)) as stream:
                    async for message in stream:
                        self._take(topic, message, read(message))
                        await asyncio.sleep(0)  # after an hour's sleep of the machine there are many, and keys to heed
            except Exception as error:  # noqa: BLE001 - as above
                self._say(topic, str(error) or type(error).__name__)
            await asyncio.sleep(_AGAIN_SECONDS)

    def _take(self, topic: str, message: Message, row: Row | None) -> None:
        rows = self._rows[topic]
        if row:
            rows.pop(row.id, None)  # its place is the last
            rows[row.id] = row
        elif message.value is None and (id_ := key_id(message)):
            rows.pop(id_, None)
        if len(rows) > 2 * _ROWS:
            self._rows[topic] = {row.id: row for row in self.newest(topic)[:_ROWS]}

    def _say(self, about: str, text: str) -> None:
        self._trouble[about] = time.monotonic(), printable(text)
