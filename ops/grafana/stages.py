"""Each stage and each worker: how fast, how long, how full, at what cost."""

from typing import get_args

from grafana_foundation_sdk.models import units

from ops.grafana.frame import WORKER, frame
from ops.grafana.panels import CORES, GREEN, PER_MINUTE, PER_SECOND, RED, heat, or_none, rows, series
from pipeline.records import Stage

STAGES = get_args(Stage)

RATE = (
    series(
        "Documents by stage",
        "Taken each second, however they ended. Stages further on take what was not dropped or rejected before.",
        PER_SECOND,
        {"{{stage}}": 'sum by (stage) (rate(copydesk_documents_total{instance=~"$worker"}[$__rate_interval]))'},
    ),
    series(
        "Documents by worker",
        "Taken each second by all stages of a worker: four times the articles where it owns a part of every topic.",
        PER_SECOND,
        {"{{instance}}": 'sum by (instance) (rate(copydesk_documents_total{instance=~"$worker"}[$__rate_interval]))'},
    ),
    series(
        "Bytes by stage",
        "Values of the records that a stage took in, as they are once Kafka's compression is undone.",
        units.BytesPerSecondIEC,
        {"{{stage}}": 'sum by (stage) (rate(copydesk_bytes_total{instance=~"$worker"}[$__rate_interval]))'},
    ),
)

LATENCY = tuple(
    heat(
        f"Work on a document: {stage}",
        f"How long the CPU-bound work of {stage} on one document took, and for how many each second.",
        units.Seconds,
        f'sum by (le) (rate(copydesk_stage_seconds_bucket{{stage="{stage}", instance=~"$worker"}}[$__rate_interval]))',
    )
    for stage in STAGES
)

BATCHES = (
    series(
        "Documents in a batch, mean",
        "Small batches at rest are good for latency; large ones under load are what makes it fast.",
        units.Short,
        {
            "{{stage}}": 'sum by (stage) (rate(copydesk_batch_documents_sum{instance=~"$worker"}[$__rate_interval])) '
            '/ sum by (stage) (rate(copydesk_batch_documents_count{instance=~"$worker"}[$__rate_interval]))'
        },
    ),
    series(
        "Documents in a batch, p95",
        "Estimated from buckets, so in steps.",
        units.Short,
        {
            "{{stage}}": "histogram_quantile(0.95, sum by (stage, le) "
            '(rate(copydesk_batch_documents_bucket{instance=~"$worker"}[$__rate_interval])))'
        },
    ),
    series(
        "Time of a batch, p95",
        "From taking it to its acknowledgement: work, producing, and the broker's answer.",
        units.Seconds,
        {
            "{{stage}}": "histogram_quantile(0.95, sum by (stage, le) "
            '(rate(copydesk_batch_seconds_bucket{instance=~"$worker"}[$__rate_interval])))'
        },
    ),
)

POOL = (
    series(
        "Pool",
        "Documents given to the processes for CPU-bound work and not answered yet; dashed, how many processes there are. "
        "Fewer documents than processes: there is nothing to do, or something else holds the worker up.",
        units.Short,
        {
            "processes": 'sum(copydesk_pool_processes{instance=~"$worker"})',
            "documents": 'sum(copydesk_pool_documents{instance=~"$worker"})',
        },
        width=6,
        limit="processes",
    ),
    series(
        "Processes ended by a document",
        "One that crashed or took too long. It costs that document alone; many mean a bad source or too little memory.",
        PER_MINUTE,
        {
            "{{stage}} {{cause}}": or_none(
                "60 * sum by (stage, cause) "
                '(rate(copydesk_processes_restarted_total{instance=~"$worker"}[$__rate_interval]))',
                "cause",
            )
        },
        width=6,
    ),
    series(
        "Event loop ticks",
        "Twice a second, less what the loop was late; below the dashed line an alert begins. One that stands still ticks "
        "not at all.",
        PER_SECOND,
        {"{{instance}}": 'rate(copydesk_loop_lag_seconds_count{instance=~"$worker"}[$__rate_interval])'},
        width=6,
        limit=1.5,
    ),
    series(
        "Event loop lag, p99",
        "How late the ticks were. Work on the loop comes in slices of 20 ms; above half a second something blocks it, and "
        "heartbeats to Kafka with it.",
        units.Seconds,
        {
            "{{instance}}": "histogram_quantile(0.99, sum by (instance, le) "
            '(rate(copydesk_loop_lag_seconds_bucket{instance=~"$worker"}[$__rate_interval])))'
        },
        width=6,
        limit=0.5,
    ),
)

COST = (
    series(
        "CPU-bound work by stage",
        "Seconds of work in a second: how many cores a stage keeps busy, in the processes or on the loop.",
        CORES,
        {"{{stage}}": 'sum by (stage) (rate(copydesk_stage_seconds_sum{instance=~"$worker"}[$__rate_interval]))'},
        stacked=True,
    ),
    series(
        "CPU of the worker itself",
        "Cores taken by the process with the event loop, without its pool. Near 1 it is the bottleneck.",
        CORES,
        {
            "{{instance}}": "sum by (instance) "
            '(rate(process_cpu_seconds_total{job="worker", instance=~"$worker"}[$__rate_interval]))'
        },
    ),
    series(
        "Memory",
        "Resident memory of the process with the event loop, and of its pool.",
        units.BytesIEC,
        {
            "{{instance}} loop": 'sum by (instance) (process_resident_memory_bytes{job="worker", instance=~"$worker"})',
            "{{instance}} pool": 'sum by (instance) (copydesk_pool_resident_bytes{instance=~"$worker"})',
        },
        stacked=True,
    ),
)

DECIDING = (
    series(
        "Time of a decision",
        "Of one document, without what the broker takes: candidates, comparing them, its version, its story. The owner "
        "of a language decides one after the other, so this is its ceiling.",
        units.Seconds,
        {
            f"p{percent}": f"histogram_quantile(0.{percent}, sum by (le) "
            '(rate(copydesk_decide_seconds_bucket{instance=~"$worker"}[$__rate_interval])))'
            for percent in (50, 95)
        },
    ),
    series(
        "Articles compared with a new one",
        "At most 24, those that share the most keys; with one whose text is known already, none. Many are a wire with "
        "templates, or reports on one event.",
        units.Short,
        {
            "mean": 'sum(rate(copydesk_candidates_sum{instance=~"$worker"}[$__rate_interval])) '
            '/ sum(rate(copydesk_candidates_count{instance=~"$worker"}[$__rate_interval]))',
            "p95": "histogram_quantile(0.95, sum by (le) "
            '(rate(copydesk_candidates_bucket{instance=~"$worker"}[$__rate_interval])))',
        },
    ),
    series(
        "Searches for a story cut short",
        "Terms that more stories have than are read (400), and promising stories beyond those compared (32); each second. "
        "None on a small wire. Where they come near the number of documents, some are told as a story of their own.",
        PER_SECOND,
        {"{{what}}": 'sum by (what) (rate(copydesk_story_cuts_total{instance=~"$worker"}[$__rate_interval]))'},
    ),
)

DEDUPE = (
    series(
        "Window",
        "Documents remembered for duplicates in each partition. At the dashed limit they are forgotten before their "
        "days are over.",
        units.Short,
        {
            "partition {{partition}}": 'max by (partition) (copydesk_window_documents{instance=~"$worker"})',
            "limit": 'max(copydesk_window_limit_documents{instance=~"$worker"})',
        },
        many=True,
        limit="limit",
    ),
    series(
        "Memory of the window",
        "What is remembered of them takes this much in its owner, with the index. Stories come on top, 2.5 to 4 kB each.",
        units.BytesIEC,
        {"partition {{partition}}": 'max by (partition) (copydesk_window_bytes{instance=~"$worker"})'},
        many=True,
    ),
    series(
        "Live stories",
        "Stories that can still grow, in each partition.",
        units.Short,
        {"partition {{partition}}": 'max by (partition) (copydesk_live_stories{instance=~"$worker"})'},
        many=True,
    ),
    heat(
        "Folds",
        "Reading the fingerprints log when a partition moves: some 6,000 records a second, half a minute for a "
        "full window. Until then the partition waits. Empty while nothing moves.",
        units.Seconds,
        'sum by (le) (increase(copydesk_fold_seconds_bucket{instance=~"$worker"}[$__rate_interval]))',
        units.Short,
    ),
    series(
        "Partitions that wait",
        "Partitions of tagged that wait until their log is folded. All others go on.",
        units.NoUnit,
        {"partitions": 'sum(copydesk_folding_partitions{instance=~"$worker"})'},
        width=9,
    ),
    series(
        "Read in folds",
        "Fingerprints read each second, when a partition moves.",
        PER_SECOND,
        {"fingerprints": 'sum(rate(copydesk_fold_records_total{instance=~"$worker"}[$__rate_interval]))'},
        width=9,
    ),
)

WORKERS = (
    rows(
        "Workers",
        "As of now. A short uptime that nobody asked for is a worker that gave up; its last line of log says why.",
        {"instance": "Worker", "version": "Version"},
        {
            "Ready": (
                units.BoolYesNo,
                (
                    "max by (instance, version) "
                    '(copydesk_build_info{instance=~"$worker"} * on (job, instance) group_left () copydesk_ready)'
                ),
            ),
            "Uptime": (
                units.Seconds,
                'time() - max by (instance) (process_start_time_seconds{job="worker", instance=~"$worker"})',
            ),
            "Open files": (units.Short, 'max by (instance) (process_open_fds{job="worker", instance=~"$worker"})'),
        },
        limits={"Ready": {None: RED, 1: GREEN}},
    ),
)

BOARD = frame(
    "stages",
    "Copydesk: stages",
    "Each stage and each worker: how fast, how long, how full, at what cost.",
    {
        "Rate": RATE,
        "Latency": LATENCY,
        "Batches": BATCHES,
        "Processes and loop": POOL,
        "CPU and memory": COST,
        "Deciding": DECIDING,
        "Memory of dedupe": DEDUPE,
        "Workers": WORKERS,
    },
    [WORKER],
)
