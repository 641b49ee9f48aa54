"""Which stories have changed since they were last told of: each is written at most once a second."""

import time
from collections.abc import Iterable
from typing import Final

from agents.message import Outgoing
from pipeline.kafka.headers import onward
from pipeline.kafka.topics import topic_name
from pipeline.records import encode
from pipeline.settings import Settings
from pipeline.stories.stories import Stories

SECOND: Final = 1.0


class Snapshots:
    def __init__(self) -> None:
        self._waiting: dict[str, float] = {}
        """By story, when it may be told of, on this process's clock."""
        self._told: dict[str, float] = {}

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    def changed(self, stories: Iterable[str]) -> None:
        for story in stories:
            self._waiting.setdefault(story, self._told.get(story, 0.0) + SECOND)

    def due(self, stories: Stories, settings: Settings, partition: int) -> list[Outgoing]:
        """The snapshots that may be written now, which count as written."""
        now = time.monotonic()
        ready = [story for story, at in self._waiting.items() if at <= now]
        self._told = {story: at for story, at in self._told.items() if at + SECOND > now} | dict.fromkeys(ready, now)
        sends = []
        for id_ in ready:
            del self._waiting[id_]
            if snapshot := stories.told(id_):
                topic = topic_name(settings, "stories")
                sends.append(Outgoing(topic, id_.encode(), encode(snapshot), onward({}), partition))
        return sends
