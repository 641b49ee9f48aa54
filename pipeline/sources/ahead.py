"""Reading ahead in a thread, so that who sends never waits for a disk or a pipe."""

import threading
from collections import deque
from collections.abc import Callable, Iterable
from typing import Self

from pipeline.sources.items import Document, Item


class ReadAhead:
    """Runs `items` in a thread, ahead by at most so many items and about so many bytes of documents.

    `on_ready` is called in that thread whenever there is something to take again, or the end is reached. The thread is a
    daemon: a pipe that says nothing can't keep the process from ending.
    """

    def __init__(self, items: Iterable[Item], *, count: int, size: int, on_ready: Callable[[], None]) -> None:
        self._items = items
        self._count = count
        self._size = size
        self._on_ready = on_ready
        self._changed = threading.Condition()
        self._waiting: deque[Item] = deque()
        self._bytes = 0
        self._ended = self._closed = False
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        threading.Thread(target=self._read, name="read-ahead", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def take(self, documents: int) -> list[Item] | None:
        """What has been read by now, up to so many documents and the bytes; empty where that is nothing, None at the end.

        Raises whatever reading raised, after all that was read before.
        """
        with self._changed:
            taken: list[Item] = []
            size = 0
            while self._waiting and documents:
                size += _size(self._waiting[0])
                if taken and size > self._size:
                    break
                item = self._waiting.popleft()
                self._bytes -= _size(item)
                documents -= isinstance(item, Document)
                taken.append(item)
            self._changed.notify()
            if taken or not self._ended:
                return taken
            if self._error:
                raise self._error
            return None

    def _read(self) -> None:
        try:
            for item in self._items:
                if not self._put(item):
                    return
        except BaseException as error:  # noqa: BLE001 - raised where it is taken
            self._error = error
        with self._changed:
            self._ended = True
            self._tell()

    def _put(self, item: Item) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._closed or self._has_room())
            if self._closed:
                return False
            self._waiting.append(item)
            self._bytes += _size(item)
            if len(self._waiting) == 1:
                self._tell()
            return True

    def _has_room(self) -> bool:
        return len(self._waiting) < self._count and self._bytes < self._size

    def _tell(self) -> None:
        # Under the lock: once closed, who would be told may be gone.
        if not self._closed:
            self._on_ready()


def _size(item: Item) -> int:
    return len(item.value) if isinstance(item, Document) else 0
