"""What could not be processed, where, why, and whether somebody has looked. `copydesk dlq` has the documents."""

from grafana_foundation_sdk.models import units

from ops.grafana.frame import frame
from ops.grafana.panels import GREEN, NOTHING, PER_MINUTE, RED, UNKNOWN, YELLOW, or_none, rows, series, show

NOW = (
    show(
        "Not looked at",
        "Dead letters since the last `copydesk dlq seen`.",
        units.Short,
        "sum(copydesk_dead_letters_unseen)",
        {None: GREEN, 1: YELLOW},
        absent=UNKNOWN,
        width=6,
    ),
    show(
        "Oldest of them",
        "Age of the oldest dead letter that nobody has looked at. Letters are kept for 30 days.",
        units.Seconds,
        "max(copydesk_dead_letters_oldest_unseen_seconds)",
        {None: GREEN, 86_400: YELLOW},
        absent=UNKNOWN,
        width=6,
    ),
    show(
        "Share",
        "Of the stage with the largest: dead letters among the documents that it took; 15 minutes.",
        units.PercentUnit,
        "max(copydesk:dead_letters:share15m)",
        {None: GREEN, 0.05: RED},
        absent=NOTHING,
        width=6,
    ),
    show(
        "In this range",
        "Documents sent to the dead letters in the range on top of this page; one sent back and broken again counts twice.",
        units.Short,
        "round(sum(increase(copydesk_dead_letters_total[$__range]))) or vector(0)",
        width=6,
    ),
)

OVER_TIME = (
    series(
        "By stage and reason",
        "Dead letters, each minute. One reason that leaps is mostly one source; every reason at once is us.",
        PER_MINUTE,
        {
            # Those alone that occurred: there are sixteen, and most never do.
            "{{stage}} {{reason}}": or_none(
                "60 * sum by (stage, reason) (rate(copydesk_dead_letters_total[$__rate_interval])) "
                "and sum by (stage, reason) (increase(copydesk_dead_letters_total[$__range] @ end())) > 0",
                "reason",
            )
        },
        width=12,
        stacked=True,
    ),
    series(
        "Not looked at, over time",
        "Dead letters since the last `copydesk dlq seen`, which brings the line to 0.",
        units.Short,
        {"letters": "sum(copydesk_dead_letters_unseen)"},
        width=6,
    ),
    series(
        "Age of the oldest",
        "Age of the oldest dead letter that nobody has looked at.",
        units.Seconds,
        {"age": "max(copydesk_dead_letters_oldest_unseen_seconds)"},
        width=6,
    ),
)

REASONS = (
    rows(
        "Dead letters by stage and reason",
        "In the range on top of this page. What each reason means and what helps: docs/operations.md.",
        {"stage": "Stage", "reason": "Reason"},
        {
            "Documents": (
                units.LocaleFormat,
                or_none(
                    "round(sum by (stage, reason) (increase(copydesk_dead_letters_total[$__range]))) > 0", "reason"
                ),
            )
        },
        width=12,
    ),
    rows(
        "Ended on purpose",
        "Dropped documents, such as an empty page, and foreign records skipped in the fingerprints log; in the range on "
        "top of this page. No dead letters: nothing is to be done.",
        {"stage": "Stage", "outcome": "Outcome", "reason": "Reason"},
        {
            "Documents": (
                units.LocaleFormat,
                or_none(
                    "round(sum by (stage, outcome, reason) "
                    '(increase(copydesk_documents_total{outcome=~"dropped|skipped"}[$__range]))) > 0',
                    "reason",
                ),
            )
        },
        width=12,
    ),
)

BOARD = frame(
    "dead-letters",
    "Copydesk: dead letters",
    "What could not be processed, where, why, and whether somebody has looked.",
    {"Now": NOW, "Over time": OVER_TIME, "Reasons": REASONS},
)
