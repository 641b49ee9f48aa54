"""What became of every document.

Read from the topics, never from counters: a kill resets those.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final, Literal

from pipeline.cleaning import identify
from pipeline.identity import is_id
from pipeline.kafka import deadletters
from pipeline.kafka.tail import Message, messages
from pipeline.records import Origin, Raw
from pipeline.settings import Settings

State = Literal["open", "rejected", "dropped", "enriched"]
# A later one beats an earlier one, whichever was written first: a retry may have changed the outcome.
STATES: Final[tuple[State, ...]] = ("open", "rejected", "dropped", "enriched")


async def statuses(settings: Settings) -> dict[str, State]:
    """The state of every document id that stands on a topic; `open`: it is in raw and has reached no status yet.

    Reads raw, dead letters, dropped and enriched to where they end when their turn comes; raw first, so what ends
    meanwhile is found ended. A tombstone in enriched is a document that was enriched.

    Raises:
        UserError: a topic is missing or can't be read.
    """
    found: dict[str, State] = {}
    for state, topic in zip(STATES, ("raw", "deadletter", "dropped", "enriched"), strict=True):
        async with aclosing(ids(settings, topic)) as stream:
            async for id_ in stream:
                found[id_] = state
    return found


async def ids(settings: Settings, topic: str) -> AsyncGenerator[str, None]:
    """The document id of each record now in `topic`, one after the other; what is no document of ours is left out."""
    async with aclosing(messages(settings, topic, start="beginning", follow=False)) as stream:
        async for message in stream:
            if topic == "raw":
                # The very function of the clean stage: an id made by another rule would stay open for ever.
                yield identify(Raw(message.value or b"", message.headers, message.at, place(message))).id
            elif topic == "deadletter":
                if letter := dead_letter(message):
                    yield letter.id
            elif id_ := key_id(message):
                yield id_


def key_id(message: Message) -> str | None:
    """The document id a message is keyed by, None where its key is none of ours."""
    key = (message.key or b"").decode("ascii", "replace")
    return key if is_id(key) else None


def dead_letter(message: Message) -> deadletters.DeadLetter | None:
    """The dead letter in a message of the dead-letter topic; None where something else wrote there."""
    return deadletters.read(
        key=message.key,
        value=message.value,
        headers=message.headers,
        stands=place(message),
        at=message.at,
    )


def place(message: Message) -> Origin:
    return Origin(message.topic, message.partition, message.offset)
