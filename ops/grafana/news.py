"""What the news is: where it comes from, in which languages, about what, how much of it is new, what is changed later."""

from grafana_foundation_sdk.models import units

from ops.grafana.frame import frame
from ops.grafana.panels import GREEN, PER_MINUTE, RED, or_none, rows, series

SILENCE = "max by (source) (copydesk:source_silence_seconds)"
LIMIT = "max by (source) (copydesk_source_silence_limit_seconds)"

ARTICLES = (
    series(
        "Articles by source",
        "Enriched, each minute. Beyond fifty sources all others are one, (other).",
        PER_MINUTE,
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
        PER_MINUTE,
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
        "Articles in the range on top of this page, and how long it has been silent: since its newest article of the last "
        "25 hours, else since it was declared continuous. Beyond 100 % of its limit it has been silent for too long.",
        {"source": "Source"},
        {
            "Articles": (
                units.LocaleFormat,
                f"round(sum by (source) (increase(copydesk_articles_by_source_total[$__range]))) or 0 * {SILENCE}",
            ),
            "Silent for": (units.Seconds, SILENCE),
            "May be silent for": (units.Seconds, LIMIT),
            "Of its limit": (units.PercentUnit, f"{SILENCE} / on (source) {LIMIT}"),
        },
        sort=("Of its limit", True),
        limits={"Of its limit": {None: GREEN, 1: RED}},
    ),
)

ENTITIES = (
    series(
        "Entities by type",
        "Found, each minute.",
        PER_MINUTE,
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
        "New (unique), an exact copy, a near one or a revision of what the window remembers, or a digest of several; each "
        "minute.",
        PER_MINUTE,
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
        PER_MINUTE,
        {"documents": "60 * sum(rate(copydesk_redelivered_total[$__rate_interval])) or vector(0)"},
    ),
)

CHANGES = (
    series(
        "Written again",
        "Records of documents that came before, each minute: a newer version is known, or the document or what it copies "
        "was withdrawn. Lost: the tagged article was gone, so readers still have the old record.",
        PER_MINUTE,
        {"{{result}}": "60 * sum by (result) (rate(copydesk_amended_total[$__rate_interval]))"},
    ),
    series(
        "Withdrawn",
        "Documents that their source or an operator took back, each minute. Copies at other sources do not count.",
        PER_MINUTE,
        {"documents": "60 * sum(rate(copydesk_withdrawn_total[$__rate_interval]))"},
    ),
    series(
        "Turned out to be one",
        "Families of copies, and stories, that an article joined later; each minute. Readers are told where they went.",
        PER_MINUTE,
        {"{{what}}": "60 * sum by (what) (rate(copydesk_merged_total[$__rate_interval]))"},
    ),
)

BOARD = frame(
    "news",
    "Copydesk: news",
    "Where the news comes from, in which languages, about what, how much of it is new, and what is changed later.",
    {"Articles": ARTICLES, "Sources": SOURCES, "Entities": ENTITIES, "Verdicts": VERDICTS, "Changed later": CHANGES},
)
