"""One glance from across the room: is the desk working, is it keeping up, does somebody have to come."""

from grafana_foundation_sdk.models import units

from ops.grafana.frame import frame
from ops.grafana.news import LIMIT, SILENCE
from ops.grafana.panels import GREEN, NOTHING, PER_MINUTE, PER_SECOND, RED, UNKNOWN, YELLOW, or_none, rows, series, show

# The recording rules where there is one: the numbers that the alerts judge. Red begins where an alert does, see
# ops/prometheus/rules/alerts.yml, and yellow before it.
NOW = (
    # Is all well?
    show(
        "Paging alerts",
        "For these somebody gets up: documents are not processed, or will be lost. The table below names them.",
        units.NoUnit,
        'count(ALERTS{alertstate="firing", alertname=~"Copydesk.*", severity="page"}) or vector(0)',
        {None: GREEN, 1: RED},
    ),
    show(
        "Ticket alerts",
        "For these tomorrow will do. The table below names them.",
        units.NoUnit,
        'count(ALERTS{alertstate="firing", alertname=~"Copydesk.*", severity="ticket"}) or vector(0)',
        {None: GREEN, 1: YELLOW},
    ),
    show(
        "Workers ready",
        "Workers that work on all their partitions. None: nothing moves.",
        units.NoUnit,
        "sum(copydesk_ready) or vector(0)",
        {None: RED, 1: GREEN},
    ),
    show(
        "Kafka",
        "Whether Kafka answered the exporter's last look.",
        units.NoUnit,
        "min(copydesk_kafka_up)",
        absent=UNKNOWN,
        words={0: ("down", RED), 1: ("up", GREEN)},
    ),
    show(
        "Silent sources",
        "Sources declared continuous that have sent nothing for longer than they may. News names them.",
        units.NoUnit,
        # Without the exporter nobody knows the limits.
        f"count({SILENCE} > on (source) {LIMIT}) or 0 * max(copydesk_kafka_up)",
        {None: GREEN, 1: RED},
        absent=UNKNOWN,
    ),
    show(
        "Dead letters",
        "Since the last `copydesk dlq seen`.",
        units.Short,
        "sum(copydesk_dead_letters_unseen)",
        {None: GREEN, 1: YELLOW},
        absent=UNKNOWN,
    ),
    # How much comes and goes, and how fast?
    show(
        "Documents in",
        "Taken by clean, the first stage, each second; mean of 5 minutes.",
        PER_SECOND,
        'sum(copydesk:documents:rate5m{stage="clean"}) or vector(0)',
    ),
    show(
        "Enriched",
        "Published to enriched each second; mean of 5 minutes.",
        PER_SECOND,
        'sum(copydesk:documents:rate5m{stage="emit", outcome="emitted"}) or vector(0)',
    ),
    show(
        "End to end, p95",
        "From the raw record to the enriched one: 95 of 100 took at most this, in the last 5 minutes. "
        "The target is a minute. An archive that is replayed makes a backlog, and so a long time.",
        units.Seconds,
        "max(copydesk:end_to_end_seconds:p95_5m)",
        {None: GREEN, 30: YELLOW, 60: RED},
        absent=NOTHING,
    ),
    show(
        "Lag",
        "Records that the group has not read, in all topics. Much is no fault while it falls: "
        "10,000 are four and a half minutes of work at 37.5 documents a second (2 cores).",
        units.Short,
        "sum(copydesk:lag_records:sum)",
        {None: GREEN, 10_000: YELLOW},
        absent=UNKNOWN,
    ),
    show(
        "Oldest unread",
        "Age of the oldest record that the group has not read, in any topic. Beyond a minute the target is missed already.",
        units.Seconds,
        "max(copydesk_oldest_unread_seconds)",
        {None: GREEN, 60: YELLOW},
        absent=UNKNOWN,
    ),
    show(
        "Duplicates share",
        "Verdicts other than unique, of all; 1 hour. Its usual range is the sources' own, so it has no colour.",
        units.PercentUnit,
        "max(copydesk:duplicates:share1h)",
        absent=NOTHING,
    ),
)

FLOW = (
    series(
        "Documents in and out",
        "What clean takes, and how it ends. Rejected are dead letters, of any stage.",
        PER_SECOND,
        {
            "in": 'sum(rate(copydesk_documents_total{stage="clean"}[$__rate_interval])) or vector(0)',
            "enriched": 'sum(rate(copydesk_documents_total{stage="emit", outcome="emitted"}[$__rate_interval])) '
            "or vector(0)",
            "dropped": 'sum(rate(copydesk_documents_total{outcome="dropped"}[$__rate_interval])) or vector(0)',
            "rejected": 'sum(rate(copydesk_documents_total{outcome="rejected"}[$__rate_interval])) or vector(0)',
        },
        width=12,
    ),
    series(
        "End to end",
        "From the raw record to the enriched one. The dashed line is the target; a gap means that nothing came out.",
        units.Seconds,
        {
            f"p{percent}": f"histogram_quantile({percent / 100}, "
            "sum by (le) (rate(copydesk_end_to_end_seconds_bucket[$__rate_interval])))"
            for percent in (50, 95, 99)
        },
        width=12,
        limit=60,
    ),
    series(
        "Lag by topic",
        "Records that the group has not read. Grows in raw: more comes than is worked on. "
        "Grows in one topic further on: that stage is the bottleneck, or stands.",
        units.Short,
        {"{{topic}}": "copydesk:lag_records:sum"},
        width=12,
    ),
    series(
        "Duplicates share over time",
        "Verdicts other than unique, of all; 1 hour. A leap may be a source that sends everything twice.",
        units.PercentUnit,
        {"share": "copydesk:duplicates:share1h"},
        width=12,
    ),
    series(
        "Dead letters by stage",
        "Documents that could not be processed, by the stage where they broke.",
        PER_MINUTE,
        {"{{stage}}": or_none("60 * sum by (stage) (rate(copydesk_dead_letters_total[$__rate_interval]))", "stage")},
        width=12,
    ),
    rows(
        "Which alerts fire",
        "Each has a page in docs/runbooks: what it means, what to do, how to know that it is over.",
        {"severity": "Severity", "alertname": "Alert"},
        {
            "How many": (
                units.NoUnit,
                or_none(
                    'count by (alertname, severity) (ALERTS{alertstate="firing", alertname=~"Copydesk.*"})', "alertname"
                ),
            )
        },
        width=12,
        sort=("Severity", False),
    ),
)

BOARD = frame(
    "overview",
    "Copydesk: overview",
    "One glance from across the room. Blue is neither good nor bad, orange is not known.",
    {"Now": NOW, "Over time": FLOW},
)
