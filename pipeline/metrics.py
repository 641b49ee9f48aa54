"""Names of all metrics. One prefix, base units, bounded labels: no id, no source and no text is ever a label."""

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

# A registry of our own: Faust and its libraries register nothing in it, and a test can look at all of it.
REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)
PlatformCollector(registry=REGISTRY)

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
WINDOW_DOCUMENTS: Final = Gauge(
    "copydesk_window_documents", "Documents remembered for duplicates", ("partition",), registry=REGISTRY
)
PROCESSES_RESTARTED: Final = Counter(
    "copydesk_processes_restarted", "Worker processes ended by a document", ("stage", "cause"), registry=REGISTRY
)
STALE: Final = Counter(
    "copydesk_stale_messages", "Messages fetched before a rebalance and left to be fetched again", registry=REGISTRY
)
LOOP_LAG_SECONDS: Final = Gauge(
    "copydesk_loop_lag_seconds", "How much later than asked the event loop's last tick ran", registry=REGISTRY
)
READY: Final = Gauge("copydesk_ready", "1 when every assigned partition is being worked on", registry=REGISTRY)
BUILD: Final = Info("copydesk_build", "Version of this worker and of its rules and models", registry=REGISTRY)
