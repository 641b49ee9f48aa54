import orjson
import pytest
from click.testing import CliRunner, Result

from pipeline.cli import cli
from pipeline.errors import UserError
from pipeline.kafka.topics import TOPICS
from pipeline.settings import Settings


def run(brokers: str, prefix: str, *arguments: str) -> Result:
    environment = {"COPYDESK_BROKERS": brokers, "COPYDESK_PREFIX": prefix, "COPYDESK_PARTITIONS": "2"}
    return CliRunner().invoke(cli, ["topics", *arguments], env=environment)


@pytest.mark.broker
def test_create_and_check_by_hand(broker: str, desk: Settings) -> None:
    prefix = f"{desk.prefix}-cli"
    before = run(broker, prefix, "check")
    assert before.exit_code == 1
    assert before.stdout.count("is missing; run `copydesk topics create`") == len(TOPICS)
    created = run(broker, prefix, "create")
    assert (created.exit_code, created.stdout.count("created")) == (0, len(TOPICS))
    again = run(broker, prefix, "create")
    assert (again.exit_code, again.stdout.count("existed")) == (0, len(TOPICS))
    after = run(broker, prefix, "check")
    assert (after.exit_code, after.stdout) == (0, f"all {len(TOPICS)} topics are as they should be\n")


@pytest.mark.broker
def test_the_same_as_json(broker: str, desk: Settings) -> None:
    prefix = f"{desk.prefix}-cli"
    names = [f"{prefix}.{name}" for name in TOPICS]
    missing = run(broker, prefix, "check", "--json")
    assert missing.exit_code == 1
    assert [one["topic"] for one in orjson.loads(missing.stdout)["differences"]] == names
    assert orjson.loads(run(broker, prefix, "create", "--json").stdout) == {"created": names, "existing": []}
    assert orjson.loads(run(broker, prefix, "create", "--json").stdout) == {"created": [], "existing": names}
    assert orjson.loads(run(broker, prefix, "check", "--json").stdout) == {"ok": True, "differences": []}


@pytest.mark.broker
def test_a_difference_that_is_not_fatal_is_shown_and_no_failure(desk: Settings) -> None:
    checked = run(desk.brokers, desk.prefix, "check")  # two partitions wanted, four are there
    assert checked.exit_code == 0
    assert "has 4 partitions, the table says 2" in checked.stdout
    assert "warning" in checked.stdout


def test_no_kafka_is_a_line_for_a_person() -> None:
    assert isinstance(run("127.0.0.1:1", "news", "check").exception, UserError)
