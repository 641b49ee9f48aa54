import asyncio

import orjson
import pytest
from click.testing import CliRunner, Result

from pipeline.cli import cli
from pipeline.cli.status import _rates
from pipeline.kafka import clients
from pipeline.kafka.lag import Lag
from pipeline.kafka.topics import topic_name
from pipeline.settings import Settings

pytestmark = pytest.mark.broker


def run(desk: Settings, *arguments: str) -> Result:
    environment = {"COPYDESK_BROKERS": desk.brokers, "COPYDESK_PREFIX": desk.prefix}
    return CliRunner().invoke(cli, ["status", *arguments], env=environment)


def fill(desk: Settings) -> None:
    async def send() -> None:
        async with clients.producer(desk) as producer:
            for number in range(7):
                await producer.send_and_wait(topic_name(desk, "raw"), b"%d" % number, partition=1)
            for key in (b"a" * 32, b"b" * 32, b"b" * 32):
                await producer.send_and_wait(topic_name(desk, "enriched"), b"v", key=key)

    asyncio.run(send())


def test_the_table_shows_lag_by_partition_and_every_status(desk: Settings) -> None:
    fill(desk)
    result = run(desk)
    assert result.exit_code == 0
    lines = [line.split() for line in result.stdout.splitlines()]
    assert ["clean", f"{desk.prefix}.raw", "7", "0.0", "0.0", "1:", "7"] in lines
    assert ["emit", f"{desk.prefix}.judged", "0", "0.0", "0.0", "-"] in lines
    assert lines[-6:] == [
        ["documents", "count"],
        ["enriched", "2"],
        ["dropped", "0"],
        ["rejected", "0"],
        ["open", "7"],
        ["all", "9"],
    ]


def test_the_same_as_json(desk: Settings) -> None:
    fill(desk)
    found = orjson.loads(run(desk, "--json").stdout)
    assert found["group"] == desk.group_id
    assert found["documents"] == {"enriched": 2, "dropped": 0, "rejected": 0, "open": 7}
    assert {one["partition"]: one["records"] for one in found["lag"] if one["stage"] == "clean"}[1] == 7
    assert found["rates"].keys() == {"clean", "extract", "dedupe", "emit"}


def test_lag_only_reads_no_documents(desk: Settings) -> None:
    assert orjson.loads(run(desk, "--lag-only", "--json").stdout)["documents"] is None
    assert "documents" not in run(desk, "--lag-only").stdout


def test_a_rate_is_what_came_and_what_was_done_in_a_second() -> None:

    before = [Lag("clean", "news.raw", number, committed=10, end=100, records=90) for number in (0, 1)]
    after = [Lag("clean", "news.raw", number, committed=20, end=110, records=90) for number in (0, 1)]
    after[1] = Lag("clean", "news.raw", 1, committed=30, end=100, records=70)
    rate = _rates(before, after, 2.0)["clean"]
    assert (rate.arriving, rate.done) == (5.0, 15.0)
