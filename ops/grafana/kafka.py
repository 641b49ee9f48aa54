"""The desk as Kafka sees it: what is unread, who reads it, how the broker fares. The exporter tells, dead workers or not."""

from grafana_foundation_sdk.models import units

from ops.grafana.frame import TOPIC, WORKER, frame
from ops.grafana.panels import GREEN, PER_MINUTE, PER_SECOND, RED, UNKNOWN, YELLOW, or_none, rows, series, show

NOW = (
    show(
        "Kafka",
        "Whether Kafka answered the exporter's last look.",
        units.NoUnit,
        "min(copydesk_kafka_up)",
        absent=UNKNOWN,
        words={0: ("down", RED), 1: ("up", GREEN)},
    ),
    show(
        "Brokers",
        "Brokers that are alive.",
        units.NoUnit,
        "sum(copydesk_broker_up)",
        {None: RED, 1: GREEN},
        absent=UNKNOWN,
    ),
    show(
        "Group members",
        "Workers, as Kafka counts them. One that died is counted until its session ends (10 s).",
        units.NoUnit,
        "sum(copydesk_group_members)",
        {None: RED, 1: GREEN},
        absent=UNKNOWN,
    ),
    show(
        "Under-replicated",
        "Partitions with a copy that is missing or behind.",
        units.NoUnit,
        "sum(max by (topic) (copydesk_under_replicated_partitions))",
        {None: GREEN, 1: RED},
        absent=UNKNOWN,
    ),
    show(
        "Fullest disk",
        "Of the volumes that brokers write to. Full, the broker stops.",
        units.PercentUnit,
        "max(1 - copydesk_broker_disk_free_bytes / copydesk_broker_disk_total_bytes)",
        {None: GREEN, 0.8: YELLOW, 0.9: RED},
        absent=UNKNOWN,
    ),
    show(
        "Nearest to its loss",
        "Age of the oldest unread record as a share of the time its topic keeps it. At 100 % Kafka deletes it unread.",
        units.PercentUnit,
        "max(max by (topic) (copydesk_oldest_unread_seconds) / on (topic) "
        "max by (topic) (copydesk_topic_retention_seconds))",
        {None: GREEN, 0.25: YELLOW, 0.5: RED},
        absent=UNKNOWN,
    ),
)

LAG = (
    series(
        "Lag by partition",
        "Records that the group has not read. One partition that grows while the others fall: look at who owns it, below.",
        units.Short,
        {"{{topic}} {{partition}}": 'copydesk_group_lag_records{topic=~"$topic"}'},
        width=12,
        many=True,
    ),
    series(
        "Oldest unread by partition",
        "Age of the oldest record that the group has not read; 0 where none is left.",
        units.Seconds,
        {"{{topic}} {{partition}}": 'copydesk_oldest_unread_seconds{topic=~"$topic"}'},
        width=12,
        many=True,
    ),
    series(
        "Written",
        "Records that came into a topic each second, markers of transactions included.",
        PER_SECOND,
        {"{{topic}}": 'sum by (topic) (rate(copydesk_topic_end_offset{topic=~"$topic"}[$__rate_interval]))'},
        width=12,
    ),
    series(
        "Read",
        "Offsets that the group moved on each second: acknowledged work. Flat above a lag: nobody works on it.",
        PER_SECOND,
        {"{{topic}}": 'sum by (topic) (rate(copydesk_group_committed_offset{topic=~"$topic"}[$__rate_interval]))'},
        width=12,
    ),
    rows(
        "Partitions",
        "As of now. No worker: nobody owns it, or its owner can't be scraped. Without the exporter, lag is what its owner says.",
        {"topic": "Topic", "partition": "Partition", "instance": "Worker"},
        {
            "Lag": (
                units.LocaleFormat,
                (
                    'max by (topic, partition) (copydesk_group_lag_records{topic=~"$topic"}) '
                    'or max by (topic, partition) (copydesk_lag_records{topic=~"$topic"})'
                ),
            ),
            "Oldest unread": (
                units.Seconds,
                'max by (topic, partition) (copydesk_oldest_unread_seconds{topic=~"$topic"})',
            ),
            "Committed": (
                units.NoUnit,
                'max by (topic, partition) (copydesk_group_committed_offset{topic=~"$topic"})',
            ),
            "End": (units.NoUnit, 'max by (topic, partition) (copydesk_topic_end_offset{topic=~"$topic"})'),
            "Lag, says the worker": (
                units.LocaleFormat,
                'max by (topic, partition, instance) (copydesk_lag_records{topic=~"$topic", instance=~"$worker"})',
            ),
        },
        height=12,
    ),
)

GROUP = (
    series(
        "Partitions by worker",
        "Assigned to each worker, all topics. Uneven for long: look whether one of them is stuck in its start.",
        units.NoUnit,
        {"{{instance}}": 'sum by (instance) (copydesk_assigned_partitions{topic=~"$topic", instance=~"$worker"})'},
        stacked=True,
    ),
    series(
        "Rebalances",
        "Assignments taken from the group, each minute. Each stops the workers for moments; a row of them is a worker "
        "that comes and goes.",
        PER_MINUTE,
        {
            "{{instance}}": or_none(
                '60 * sum by (instance) (rate(copydesk_rebalances_total{instance=~"$worker"}[$__rate_interval]))',
                "instance",
            )
        },
    ),
    series(
        "Stale messages",
        "Fetched before a rebalance and left to be fetched again, each minute.",
        PER_MINUTE,
        {
            "{{instance}}": or_none(
                '60 * sum by (instance) (rate(copydesk_stale_messages_total{instance=~"$worker"}[$__rate_interval]))',
                "instance",
            )
        },
    ),
    series(
        "Since the last batch",
        "Since a batch of a partition was last acknowledged. It grows at rest too: read it together with the lag.",
        units.Seconds,
        {
            "{{stage}} {{partition}}": "time() - max by (stage, partition) "
            '(copydesk_progress_timestamp_seconds{instance=~"$worker"})'
        },
        width=24,
        many=True,
    ),
)

BROKER = (
    series(
        "Size on disk",
        "All copies of a topic.",
        units.BytesIEC,
        {"{{topic}}": 'sum by (topic) (copydesk_topic_bytes{topic=~"$topic"})'},
        stacked=True,
    ),
    series(
        "Disk used",
        "Of the fullest volume that a broker writes to.",
        units.PercentUnit,
        {
            "broker {{broker}}": "max by (broker) (1 - copydesk_broker_disk_free_bytes / copydesk_broker_disk_total_bytes)"
        },
        limit=0.9,
    ),
    series(
        "Time of a look",
        "How long Kafka took to answer all questions of the exporter, which asks every 10 s. "
        "It grows before anything else does.",
        units.Seconds,
        {"look": "max(copydesk_look_seconds)"},
    ),
)

TOPICS = (
    rows(
        "Topics",
        "As of now. No retention: kept for ever, or trimmed by its owner.",
        {"topic": "Topic"},
        {
            "Under-replicated": (
                units.NoUnit,
                'max by (topic) (copydesk_under_replicated_partitions{topic=~"$topic"})',
            ),
            "Retention": (units.Seconds, 'max by (topic) (copydesk_topic_retention_seconds{topic=~"$topic"})'),
            "Size": (units.BytesIEC, 'max by (topic) (copydesk_topic_bytes{topic=~"$topic"})'),
        },
        height=12,
        sort=("Size", True),
        limits={"Under-replicated": {None: GREEN, 1: RED}},
    ),
)

BOARD = frame(
    "kafka",
    "Copydesk: Kafka",
    "What is unread, who reads it, how the broker fares.",
    {"Now": NOW, "Lag": LAG, "Group": GROUP, "Broker": BROKER, "Topics": TOPICS},
    [WORKER, TOPIC],
)
