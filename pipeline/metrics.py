"""Names of all metrics. One prefix, base units, bounded labels: no id and no text is ever a label.

Workers serve `REGISTRY`, the exporter beside them serves `EXPORTER`. What a label may hold is bounded by a table of ours
or by `Bounded`; docs/operations.md states what that comes to.
"""

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, disable_created_metrics
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

from pipeline.outcomes import DROPPED, REJECTED
from pipeline.records import EntityType, Kind

# A series more for each counter, with the time of its birth: nothing here reads it, and it makes a page half as long again.
disable_created_metrics()  # type: ignore[no-untyped-call]
# A registry of our own: Faust and its libraries register nothing in it, and a test can look at all of it.
REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)
EXPORTER: Final = CollectorRegistry()
ProcessCollector(registry=EXPORTER)

# Values that a label takes from documents. Fifty are what a screen of a dashboard can still tell apart; each costs two
# series a worker.
_VALUES: Final = 50
# A source's name may be any text of any length.
_VALUE_CHARACTERS: Final = 64
OTHERS: Final = "(other)"


class Bounded:
    """A label whose values come from outside: the first so many get a series of their own, all later ones share one."""

    def __init__(self, values: int = _VALUES) -> None:
        self._values, self._known, self._lock = values, set[str](), Lock()

    def always(self, values: Iterable[str]) -> None:
        """These have a series of their own, however many others came first."""
        self._known |= {self._short(value) for value in values}

    def __call__(self, value: str) -> str:
        short = self._short(value)
        with self._lock:
            if short not in self._known and len(self._known) >= self._values:
                return OTHERS
            self._known.add(short)
        return short

    @staticmethod
    def _short(value: str) -> str:
        return "".join(character if character.isprintable() else "�" for character in value[:_VALUE_CHARACTERS])


SOURCES: Final = Bounded()
LANGUAGES: Final = Bounded()

# A tagger takes 70 ms for an article, a rule .1 ms, a document's deadline is 20 s.
_STAGE_BUCKETS: Final = (0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30)
# From one poll (50 ms for each of five hops) to a backlog of an hour.
_END_TO_END_BUCKETS: Final = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600)

DOCUMENTS: Final = Counter(
    "copydesk_documents", "Documents by outcome of a stage", ("stage", "outcome", "reason"), registry=REGISTRY
)
BYTES: Final = Counter("copydesk_bytes", "Bytes of record values taken in by a stage", ("stage",), registry=REGISTRY)
STAGE_SECONDS: Final = Histogram(
    "copydesk_stage_seconds", "CPU-bound work on one document", ("stage",), buckets=_STAGE_BUCKETS, registry=REGISTRY
)
BATCH_DOCUMENTS: Final = Histogram(
    "copydesk_batch_documents",
    "Documents in a batch",
    ("stage",),
    buckets=(1, 3, 10, 30, 100, 200, 300, 1000),
    registry=REGISTRY,
)
BATCH_SECONDS: Final = Histogram(
    "copydesk_batch_seconds",
    "From taking a batch to its acknowledgement",
    ("stage",),
    buckets=_STAGE_BUCKETS,
    registry=REGISTRY,
)
END_TO_END_SECONDS: Final = Histogram(
    "copydesk_end_to_end_seconds",
    "From the raw record to the enriched one",
    buckets=_END_TO_END_BUCKETS,
    registry=REGISTRY,
)
DEAD_LETTERS: Final = Counter(
    "copydesk_dead_letters", "Documents sent to the dead letters", ("stage", "reason"), registry=REGISTRY
)
ENTITIES: Final = Counter("copydesk_entities", "Entities found", ("type",), registry=REGISTRY)
DUPLICATES: Final = Counter("copydesk_duplicates", "Verdicts of the dedupe stage", ("kind",), registry=REGISTRY)
ARTICLES_BY_SOURCE: Final = Counter(
    "copydesk_articles_by_source", "Enriched records by source", ("source",), registry=REGISTRY
)
ARTICLES_BY_LANGUAGE: Final = Counter(
    "copydesk_articles_by_language", "Enriched records by language", ("language",), registry=REGISTRY
)
SOURCE_TIME: Final = Gauge(
    "copydesk_source_timestamp_seconds",
    "When the newest enriched article of a source came into raw",
    ("source",),
    registry=REGISTRY,
)
REDELIVERED: Final = Counter(
    "copydesk_redelivered", "Documents that the dedupe stage had decided before", registry=REGISTRY
)
LAG_RECORDS: Final = Gauge(
    "copydesk_lag_records",
    "Records not yet taken, for partitions assigned here",
    ("topic", "partition"),
    registry=REGISTRY,
)
PROGRESS_TIME: Final = Gauge(
    "copydesk_progress_timestamp_seconds",
    "When a batch of this partition was last acknowledged",
    ("stage", "partition"),
    registry=REGISTRY,
)
FOLD_SECONDS: Final = Histogram(
    "copydesk_fold_seconds",
    "Reading the fingerprints log at assignment",
    buckets=(0.1, 0.3, 1, 3, 10, 30, 60, 120),
    registry=REGISTRY,
)
FOLD_RECORDS: Final = Counter("copydesk_fold_records", "Fingerprints read at assignment", registry=REGISTRY)
FOLDING_PARTITIONS: Final = Gauge(
    "copydesk_folding_partitions", "Partitions of tagged that wait until their log is folded", registry=REGISTRY
)
WINDOW_DOCUMENTS: Final = Gauge(
    "copydesk_window_documents", "Documents remembered for duplicates", ("partition",), registry=REGISTRY
)
WINDOW_BYTES: Final = Gauge(
    "copydesk_window_bytes",
    "Memory of what is remembered for duplicates, with its index",
    ("partition",),
    registry=REGISTRY,
)
LIVE_STORIES: Final = Gauge("copydesk_live_stories", "Stories that can still grow", ("partition",), registry=REGISTRY)
DECIDE_SECONDS: Final = Histogram(
    "copydesk_decide_seconds",
    "Deciding on one document: its candidates, comparing it with them, its version, its story",
    buckets=(0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3),
    registry=REGISTRY,
)
CANDIDATES: Final = Histogram(
    "copydesk_candidates",
    "Articles that a new one was compared with; of one with a text that is known already, none",
    # The last is the most that are compared (duplicates/verdict.py).
    buckets=(0, 1, 2, 4, 8, 16, 24),
    registry=REGISTRY,
)
STORY_CUTS: Final = Counter(
    "copydesk_story_cuts",
    "What a search for a story left out: terms with more stories than are read, stories beyond those compared",
    ("what",),
    registry=REGISTRY,
)
AMENDED: Final = Counter(
    "copydesk_amended",
    "Records of earlier documents that had changed: written again, or lost because the tagged article is gone",
    ("result",),
    registry=REGISTRY,
)
MERGED: Final = Counter(
    "copydesk_merged", "Families and stories that turned out to be one", ("what",), registry=REGISTRY
)
WITHDRAWN: Final = Counter("copydesk_withdrawn", "Documents that were taken back", registry=REGISTRY)
WINDOW_LIMIT: Final = Gauge(
    "copydesk_window_limit_documents", "Documents a partition remembers at most", registry=REGISTRY
)
PROCESSES_RESTARTED: Final = Counter(
    "copydesk_processes_restarted", "Worker processes ended by a document", ("stage", "cause"), registry=REGISTRY
)
POOL_PROCESSES: Final = Gauge("copydesk_pool_processes", "Processes for CPU-bound work", registry=REGISTRY)
POOL_DOCUMENTS: Final = Gauge(
    "copydesk_pool_documents", "Documents given to the processes and not answered yet", registry=REGISTRY
)
POOL_RESIDENT: Final = Gauge(
    "copydesk_pool_resident_bytes",
    "Resident memory of the processes and of the server they are forked from",
    registry=REGISTRY,
)
ASSIGNED_PARTITIONS: Final = Gauge(
    "copydesk_assigned_partitions", "Partitions assigned to this worker", ("topic",), registry=REGISTRY
)
REBALANCES: Final = Counter("copydesk_rebalances", "Assignments taken from the group", registry=REGISTRY)
STALE: Final = Counter(
    "copydesk_stale_messages", "Messages fetched before a rebalance and left to be fetched again", registry=REGISTRY
)
LOOP_LAG_SECONDS: Final = Histogram(
    "copydesk_loop_lag_seconds",
    "How much later than asked the event loop's ticks ran, twice a second",
    # Work on the loop comes in slices of 20 ms; above half a second something blocks it.
    buckets=(0.01, 0.03, 0.1, 0.3, 0.5, 1, 3, 10),
    registry=REGISTRY,
)
READY: Final = Gauge("copydesk_ready", "1 when every assigned partition is being worked on", registry=REGISTRY)
BUILD: Final = Info("copydesk_build", "Version of this worker and of its rules and models", registry=REGISTRY)

_TALLIES: Final[Mapping[str, tuple[Counter, Callable[[str], str]]]] = {
    "entities": (ENTITIES, str),
    "verdicts": (DUPLICATES, str),
    "sources": (ARTICLES_BY_SOURCE, SOURCES),
    "languages": (ARTICLES_BY_LANGUAGE, LANGUAGES),
}
_KNOWN: Final[Mapping[Counter, tuple[str, ...]]] = {
    ENTITIES: get_args(EntityType),
    DUPLICATES: get_args(Kind),
    STORY_CUTS: ("terms", "stories"),
    AMENDED: ("written", "lost"),
    MERGED: ("family", "story"),
}
_newest: dict[str, float] = {}


def begin() -> None:
    """Give every series whose labels are known a 0 to start from.

    The first increase of one that is born at 1 is lost to `rate` and `increase`, and with it the first dead letter.
    """
    for stage, reasons in REJECTED.items():
        DOCUMENTS.labels(stage, "emitted", "")
        for metric in (BYTES, STAGE_SECONDS, BATCH_DOCUMENTS, BATCH_SECONDS):
            metric.labels(stage)
        for reason in reasons:
            DOCUMENTS.labels(stage, "rejected", reason)
            DEAD_LETTERS.labels(stage, reason)
    for stage, reasons in DROPPED.items():
        for reason in reasons:
            DOCUMENTS.labels(stage, "dropped", reason)
    for stage in ("clean", "extract"):
        for cause in ("crash", "deadline"):
            PROCESSES_RESTARTED.labels(stage, cause)
    for counter, values in _KNOWN.items():
        for value in values:
            counter.labels(value)


def tally(name: str, value: str, number: int) -> None:
    """Count what a document brought: `value` is bounded where it comes from outside."""
    counter, label = _TALLIES[name]
    counter.labels(label(value)).inc(number)


def saw_source(source: str, at: float) -> None:
    """An article of `source` came in at `at`, in Unix seconds; an older one than the newest changes nothing."""
    label = SOURCES(source)
    _newest[label] = max(at, _newest.get(label, 0.0))
    SOURCE_TIME.labels(label).set(_newest[label])


def replace(gauge: Gauge, values: Mapping[tuple[str, ...], float]) -> None:
    """Make `values`, by label values, all that a gauge shows. Never empty in between, as a scrape may come any time."""
    shown = [tuple(sample.labels.values()) for metric in gauge.collect() for sample in metric.samples]
    for labels in shown:
        if labels not in values:
            gauge.remove(*labels)
    for labels, value in values.items():
        gauge.labels(*labels).set(value)


# -- what the exporter reads from Kafka: it stays when every worker is dead ----------------------------------------------

KAFKA_UP: Final = Gauge("copydesk_kafka_up", "1 when Kafka answered the last look", registry=EXPORTER)
LOOK_SECONDS: Final = Gauge("copydesk_look_seconds", "How long the last look at Kafka took", registry=EXPORTER)
BROKERS: Final = Gauge("copydesk_broker_up", "1 for each broker that is alive", ("broker",), registry=EXPORTER)
GROUP_MEMBERS: Final = Gauge("copydesk_group_members", "Workers in the consumer group", ("group",), registry=EXPORTER)
GROUP_LAG: Final = Gauge(
    "copydesk_group_lag_records",
    "Records the group has not read yet; 0 exactly where none is left",
    ("topic", "partition"),
    registry=EXPORTER,
)
GROUP_OFFSET: Final = Gauge(
    "copydesk_group_committed_offset", "Where the group goes on", ("topic", "partition"), registry=EXPORTER
)
OLDEST_UNREAD: Final = Gauge(
    "copydesk_oldest_unread_seconds",
    "Age of the oldest record the group has not read; 0 where none is left",
    ("topic", "partition"),
    registry=EXPORTER,
)
END_OFFSET: Final = Gauge(
    "copydesk_topic_end_offset", "Offset after the last record", ("topic", "partition"), registry=EXPORTER
)
RETENTION: Final = Gauge(
    "copydesk_topic_retention_seconds",
    "How long the topic keeps a record; absent: for ever",
    ("topic",),
    registry=EXPORTER,
)
TOPIC_BYTES: Final = Gauge("copydesk_topic_bytes", "Size on disk, all copies", ("topic",), registry=EXPORTER)
UNDER_REPLICATED: Final = Gauge(
    "copydesk_under_replicated_partitions",
    "Partitions with a copy that is missing or behind",
    ("topic",),
    registry=EXPORTER,
)
DISK_TOTAL: Final = Gauge(
    "copydesk_broker_disk_total_bytes",
    "Size of the volume that a broker writes to",
    ("broker", "volume"),
    registry=EXPORTER,
)
DISK_FREE: Final = Gauge(
    "copydesk_broker_disk_free_bytes", "What is free on it", ("broker", "volume"), registry=EXPORTER
)
DEAD_LETTERS_UNSEEN: Final = Gauge(
    "copydesk_dead_letters_unseen", "Dead letters since the last `copydesk dlq seen`", ("topic",), registry=EXPORTER
)
DEAD_LETTERS_AGE: Final = Gauge(
    "copydesk_dead_letters_oldest_unseen_seconds",
    "Age of the oldest of them; 0 where there is none",
    ("topic",),
    registry=EXPORTER,
)
SILENCE_LIMIT: Final = Gauge(
    "copydesk_source_silence_limit_seconds",
    "How long a source that was declared continuous may be silent",
    ("source",),
    registry=EXPORTER,
)
