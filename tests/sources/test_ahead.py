"""Reading ahead: order, bounds, errors, and an end that waits for nobody."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from pipeline.sources.ahead import ReadAhead
from pipeline.sources.items import Document, Item, Position, Unreadable


def document(number: int, size: int = 1) -> Document:
    return Document(
        value=b"x" * size, media_type="text/plain", source_id=str(number), position=Position("a", number, None, 0)
    )


class Reading:
    """A ReadAhead with a reader that waits for what there is."""

    def __init__(self, stack: ExitStack, items: Iterator[Item], *, count: int = 10, size: int = 100) -> None:
        self.ready = threading.Event()
        self.ahead = stack.enter_context(ReadAhead(items, count=count, size=size, on_ready=self.ready.set))

    def batch(self, documents: int) -> list[Item] | None:
        while True:
            self.ready.clear()
            batch = self.ahead.take(documents)
            if batch is None or batch:
                return batch
            assert self.ready.wait(5), "never told"


def test_all_items_in_order_in_batches_no_larger_than_asked() -> None:
    made: list[Item] = [document(n) if n % 3 else Unreadable(str(n), "") for n in range(1000)]
    got: list[Item] = []
    with ExitStack() as stack:
        reading = Reading(stack, iter(made))
        while batch := reading.batch(4):
            assert sum(isinstance(item, Document) for item in batch) <= 4
            got += batch
    assert got == made


def test_it_reads_ahead_no_further_than_told_by_count_and_by_bytes() -> None:
    for size, expected in ((1, 10), (40, 3), (500, 1)):
        read: list[int] = []

        def items(size: int = size, read: list[int] = read) -> Iterator[Item]:
            for n in range(50):
                read.append(n)
                yield document(n, size)

        with ExitStack() as stack:
            reading = Reading(stack, items())
            time.sleep(0.1)
            assert len(read) == expected + 1, "one more waits for room"
            first = reading.batch(50)
            assert first
            assert len(first) == max(1, min(10, 100 // size))


def test_an_error_of_reading_comes_after_what_was_read() -> None:
    def items() -> Iterator[Item]:
        yield document(1)
        raise ZeroDivisionError

    with ExitStack() as stack:
        reading = Reading(stack, items())
        assert reading.batch(5) == [document(1)]
        with pytest.raises(ZeroDivisionError):
            reading.batch(5)


def test_closing_ends_the_thread_and_silences_it() -> None:
    before = threading.active_count()
    gate = threading.Event()

    def items() -> Iterator[Item]:
        time.sleep(0.05)  # somebody waits by then, and one item must wake them
        yield document(1)
        gate.wait(10)
        yield document(2)

    with ExitStack() as stack:
        reading = Reading(stack, items())
        assert reading.batch(5) == [document(1)]
        reading.ready.clear()
    gate.set()
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() == before
    assert not reading.ready.is_set()
