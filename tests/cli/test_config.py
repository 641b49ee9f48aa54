from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.settings import Settings


@pytest.fixture(autouse=True)
def _elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)


def rows(**environment: str) -> dict[str, dict[str, Any]]:
    result = CliRunner().invoke(cli, ["config", "--json"], env=environment)
    assert result.exit_code == 0, result.output
    return {row["name"]: row for row in map(orjson.loads, result.stdout.splitlines())}


def test_every_setting_is_shown_with_its_origin(tmp_path: Path) -> None:
    (tmp_path / "copydesk.toml").write_text('prefix = "second"\npartitions = 3\n')
    shown = rows(COPYDESK_PARTITIONS="6", COPYDESK_GROUP="")
    assert shown.keys() == Settings.model_fields.keys()
    assert (shown["prefix"]["value"], shown["prefix"]["from"]) == ("second", "file copydesk.toml")
    assert (shown["partitions"]["value"], shown["partitions"]["from"]) == (6, "environment")
    assert shown["log_level"]["from"] == "default"
    assert (shown["group"]["value"], shown["group"]["from"]) == ("copydesk.second", "default")
    assert shown["window_days"]["meaning"].startswith("How long a document is remembered")


def test_a_value_of_the_environment_that_equals_the_default_is_from_the_environment() -> None:
    assert rows(COPYDESK_PREFIX="news")["prefix"]["from"] == "environment"


@pytest.mark.parametrize("arguments", [["config"], ["config", "--json"]])
def test_secrets_are_never_shown(arguments: list[str], tmp_path: Path) -> None:
    (tmp_path / "copydesk.toml").write_text('ssl_keypassword = "hunter2"\n')
    result = CliRunner().invoke(cli, arguments, env={"COPYDESK_SASL_PASSWORD": "hunter2"})
    assert "hunter2" not in result.output
    assert result.stdout.count("********") == 2


def test_the_table_has_a_line_for_each_setting() -> None:
    result = CliRunner().invoke(cli, ["config"], env={"COPYDESK_BROKERS": "kafka:9092"})
    lines = [line.split() for line in result.stdout.splitlines()]
    assert lines[0] == ["setting", "value", "from"]
    assert [line[0] for line in lines[1:]] == list(Settings.model_fields)
    assert ["brokers", "kafka:9092", "environment"] in lines
    assert ["ssl_cafile", "-", "default"] in lines
