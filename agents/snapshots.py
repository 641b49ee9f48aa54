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
        self._ready: list[str] = []

    @property
    def waiting(self) -> bool:
        return bool(self._waiting)

    def changed(self, stories: Iterable[str]) -> None:
        for story in stories:
            self._waiting.setdefault(story, self._told.get(story, 0.0) + SECOND)

    def due(self, stories: Stories, settings: Settings, partition: int) -> list[Outgoing]:
        """The snapshots that may be written now; they are due until `written`."""
        now = time.monotonic()
        self._ready = [story for story, at in self._waiting.items() if at <= now]
        topic = topic_name(settings, "stories")
        return [
            Outgoing(topic, id_.encode(), encode(snapshot), onward({}), partition)
            for id_ in self._ready
            if (snapshot := stories.told(id_))
        ]

    def written(self) -> None:
        """Those that were due have been committed."""
        now = time.monotonic()
        for id_ in self._ready:
            del self._waiting[id_]
        still = {story: at for story, at in self._told.items() if at + SECOND > now}
        self._told = still | dict.fromkeys(self._ready, now)
        self._ready = []
