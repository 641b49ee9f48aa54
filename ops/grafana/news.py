"""What the news is: where it comes from, in which languages, about what, and how much of it is new.

Stories and revisions get their panels when there are such.
"""

from grafana_foundation_sdk.models import units

from ops.grafana.frame import frame
from ops.grafana.panels import or_none, rows, series

# A worker that starts knows nothing of what came before it, and a limit of silence is a day at most; an hour more, as
# the alert has it.
NEWEST = "max by (source) (max_over_time(copydesk_source_timestamp_seconds[25h]))"
# Of a source that was never heard it counts from its declaration.
SILENCE = (
    f"time() - ({NEWEST} or min by (source) (min_over_time(timestamp(copydesk_source_silence_limit_seconds)[25h:5m])))"
)

ARTICLES = (
    series(
        "Articles by source",
        "Enriched, each minute. Beyond fifty sources all others are one, (other).",
        units.CountsPerMinute,
        {
            "{{source}}": or_none(
                "60 * sum by (source) (rate(copydesk_articles_by_source_total[$__rate_interval]))", "source"
            )
        },
        width=12,
        stacked=True,
    ),
    series(
        "Articles by language",
        "Enriched, each minute. One worker owns a language, so a language that surges can wait while others flow.",
        units.CountsPerMinute,
        {
            "{{language}}": or_none(
                "60 * sum by (language) (rate(copydesk_articles_by_language_total[$__rate_interval]))", "language"
            )
        },
        width=12,
        stacked=True,
    ),
)

SOURCES = (
    rows(
        "Sources",
        "Articles in the range on top of this page, and the age of the newest of the last 25 hours. A source with a limit "
        "was declared continuous: it may not be silent for longer.",
        {"source": "Source"},
        {
            "Articles": (
                units.Short,
                "round(sum by (source) (increase(copydesk_articles_by_source_total[$__range])))",
            ),
            "Newest": (units.Seconds, f"time() - {NEWEST}"),
            "May be silent for": (units.Seconds, "max by (source) (copydesk_source_silence_limit_seconds)"),
        },
    ),
)

ENTITIES = (
    series(
        "Entities by type",
        "Found, each minute.",
        units.CountsPerMinute,
        {"{{type}}": or_none("60 * sum by (type) (rate(copydesk_entities_total[$__rate_interval]))", "type")},
        width=12,
        stacked=True,
    ),
    series(
        "Entities in an article, mean",
        "Of all that extract emitted, in any language. Towards none: a language without a tagger, or text that is none.",
        units.Short,
        {
            "{{type}}": "sum by (type) (rate(copydesk_entities_total[$__rate_interval])) / on () group_left () "
            'sum(rate(copydesk_documents_total{stage="extract", outcome="emitted"}[$__rate_interval]))'
        },
        width=12,
        stacked=True,
    ),
)

VERDICTS = (
    series(
        "Verdicts by kind",
        "New, an exact copy, or a near one of what the window remembers; each minute.",
        units.CountsPerMinute,
        {"{{kind}}": or_none("60 * sum by (kind) (rate(copydesk_duplicates_total[$__rate_interval]))", "kind")},
        stacked=True,
    ),
    series(
        "Share of verdicts by kind",
        "Of all verdicts; 1 hour, as the alert takes it.",
        units.PercentUnit,
        {
            "{{kind}}": "sum by (kind) (rate(copydesk_duplicates_total[1h])) / on () group_left () "
            "sum(rate(copydesk_duplicates_total[1h]))",
            "not unique": "copydesk:duplicates:share1h",
        },
    ),
    series(
        "Redelivered",
        "Documents that dedupe had decided before, each minute: after a kill or a rebalance, or an archive sent again. "
        "They keep their verdict.",
        units.CountsPerMinute,
        {"documents": "60 * sum(rate(copydesk_redelivered_total[$__rate_interval])) or vector(0)"},
    ),
)

BOARD = frame(
    "news",
    "Copydesk: news",
    "Where the news comes from, in which languages, about what, and how much of it is new.",
    {"Articles": ARTICLES, "Sources": SOURCES, "Entities": ENTITIES, "Verdicts": VERDICTS},
)
