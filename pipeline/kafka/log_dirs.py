"""How much room the brokers have and what our topics take of it: Kafka's DescribeLogDirs.

aiokafka has no such request, and only version 4 of it (Kafka 3.3, KIP-827) tells the size of the volume; so its schema is
written out here, from the protocol guide's page "DescribeLogDirs API (Key: 35)".
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import for_code
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import (
    Boolean,
    CompactArray,
    CompactString,
    Int16,
    Int32,
    Int64,
    Schema,
    TaggedFields,
)

_API: Final = 35
_VERSION: Final = 4


@dataclass(frozen=True, slots=True)
class Volume:
    """A folder that a broker keeps logs in."""

    broker: int
    path: str
    total: int | None
    """Bytes of the file system it lies on; None where the broker can't tell."""
    free: int | None
    topics: Counter[str]
    """Bytes of each of the topics asked for."""


async def volumes(admin: AIOKafkaAdminClient, broker: int, partitions: Mapping[str, Sequence[int]]) -> list[Volume]:
    """The log folders of a broker, with what they hold of the partitions named by topic.

    Raises:
        KafkaError: it did not answer, or refused.
        NotImplementedError: it is older than 3.3.
    """
    # Partitions that the broker has no copy of are left out of its answer.
    wanted: list[Any] = [(topic, list(numbers), {}) for topic, numbers in partitions.items()]
    answer = await admin._send_request_to_node(broker, _DescribeLogDirs(wanted))  # noqa: SLF001 - see the head
    if answer.error_code:
        raise for_code(answer.error_code)
    found = []
    for code, path, sizes, total, free, _ in answer.results:
        if code:
            raise for_code(code)
        taken = Counter({name: sum(part[1] for part in partitions) for name, partitions, _ in sizes})
        # -1 stands for unknown.
        found.append(Volume(broker, path, total if total >= 0 else None, free if free >= 0 else None, taken))
    return found


class _Answer(Response):
    API_KEY = _API
    API_VERSION = _VERSION
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("error_code", Int16),
        (
            "results",
            CompactArray(
                ("error_code", Int16),
                ("log_dir", CompactString("utf-8")),
                (
                    "topics",
                    CompactArray(
                        ("name", CompactString("utf-8")),
                        (
                            "partitions",
                            CompactArray(
                                ("partition_index", Int32),
                                ("partition_size", Int64),
                                ("offset_lag", Int64),
                                ("is_future_key", Boolean),
                                ("tags", TaggedFields),
                            ),
                        ),
                        ("tags", TaggedFields),
                    ),
                ),
                ("total_bytes", Int64),
                ("usable_bytes", Int64),
                ("tags", TaggedFields),
            ),
        ),
        ("tags", TaggedFields),
    )


class _Question(RequestStruct):
    FLEXIBLE_VERSION = True
    API_KEY = _API
    API_VERSION = _VERSION
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        (
            "topics",
            CompactArray(
                ("topic", CompactString("utf-8")), ("partitions", CompactArray(Int32)), ("tags", TaggedFields)
            ),
        ),
        ("tags", TaggedFields),
    )


class _DescribeLogDirs(Request[_Question]):
    API_KEY = _API

    def __init__(self, topics: list[Any]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Question]) -> _Question:
        return request_struct_class(self._topics, {})
