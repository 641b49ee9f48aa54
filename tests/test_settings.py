from pathlib import Path

import pytest

from pipeline.errors import UserError
from pipeline.settings import Settings, config_file, load


@pytest.fixture(autouse=True)
def _clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting from the environment or the folder the tests run in."""
    for name in ("CONFIG", *(field.upper() for field in Settings.model_fields)):
        monkeypatch.delenv(f"COPYDESK_{name}", raising=False)
    monkeypatch.chdir(tmp_path)


def test_arguments_beat_the_environment_which_beats_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "copydesk.toml").write_text('prefix = "file"\npartitions = 3\nprocesses = 5\n')
    monkeypatch.setenv("COPYDESK_PARTITIONS", "6")
    monkeypatch.setenv("COPYDESK_PROCESSES", "7")
    settings = load(processes=9)
    assert (settings.prefix, settings.partitions, settings.processes) == ("file", 6, 9)


def test_a_named_file_is_read_instead_of_the_one_in_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "copydesk.toml").write_text('prefix = "here"')
    named = tmp_path / "other.toml"
    named.write_text('prefix = "named"')
    monkeypatch.setenv("COPYDESK_CONFIG", str(named))
    assert config_file() == named
    assert load().prefix == "named"


def test_a_named_file_that_is_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_CONFIG", "nowhere.toml")
    with pytest.raises(UserError, match=r"COPYDESK_CONFIG names nowhere\.toml, which is no file"):
        load()


def test_an_empty_variable_is_no_value(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_PARTITIONS", "")
    assert load().partitions == Settings.model_fields["partitions"].default


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PARTITIONS", "0"),
        ("PARTITIONS", "many"),
        ("PREFIX", "a.b"),
        ("PREFIX", "x" * 65),
        ("PREFIX", "news\n"),
        ("GROUP", "a b"),
        ("SECURITY", "TLS"),
        ("DOCUMENT_DEADLINE", "0"),
        ("METRICS_PORT", "65536"),
        ("LOG_LEVEL", "LOUD"),
        ("TAGGER", "no function"),
    ],
)
def test_a_wrong_value_names_its_setting_in_one_line(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"COPYDESK_{name}", value)
    with pytest.raises(UserError, match=rf"setting {name.lower()}: .*COPYDESK_{name}") as caught:
        load()
    assert "\n" not in str(caught.value)


def test_a_wrong_password_setting_is_not_repeated(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "copydesk.toml").write_text('sasl_password = ["hunter2"]')
    with pytest.raises(UserError, match="setting sasl_password") as caught:
        load()
    assert "hunter2" not in str(caught.value)


def test_an_unknown_name_in_the_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "copydesk.toml").write_text("partition = 3")
    with pytest.raises(UserError, match="setting partition: "):
        load()


def test_a_file_that_does_not_parse_is_an_error_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "copydesk.toml").write_text("partitions = = 3")
    with pytest.raises(UserError, match=r"copydesk\.toml"):
        load()


def test_a_misspelt_variable_is_an_error_that_names_the_right_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COPYDESK_PARTITION", "3")
    with pytest.raises(UserError, match=r"COPYDESK_PARTITION .*COPYDESK_PARTITIONS was meant"):
        load()


@pytest.mark.parametrize(
    "name",
    [
        "COPYDESK_PORT",
        "COPYDESK_SERVICE_HOST",
        "COPYDESK_SERVICE_PORT",
        "COPYDESK_SERVICE_PORT_METRICS",
        "COPYDESK_PORT_9464_TCP",
        "COPYDESK_PORT_9464_TCP_ADDR",
        "COPYDESK_PORT_9464_TCP_PORT",
        "COPYDESK_PORT_9464_TCP_PROTO",
    ],
)
def test_what_kubernetes_sets_for_a_service_of_our_name_is_let_be(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "tcp://10.0.0.1:9464")
    load()


@pytest.mark.parametrize(
    ("prefix", "group", "expected"),
    [("news", "", "copydesk"), ("second", "", "copydesk.second"), ("second", "mine", "mine"), ("news", "mine", "mine")],
)
def test_another_prefix_has_another_group(prefix: str, group: str, expected: str) -> None:
    assert load(prefix=prefix, group=group).group_id == expected


def test_processes_default_to_the_cores_we_may_use() -> None:
    assert load(processes=0).worker_processes >= 1
    assert load(processes=3).worker_processes == 3


def test_secrets_are_not_in_what_settings_print() -> None:
    settings = load(sasl_password="hunter2", ssl_keypassword="hunter2")
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"


def test_settings_do_not_change() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load().prefix = "x"  # type: ignore[misc]


def test_every_setting_says_what_it_means_unless_its_name_does() -> None:
    silent = {name for name, field in Settings.model_fields.items() if not field.description}
    assert silent <= {"sasl_mechanism", "sasl_username", "sasl_password", "ssl_keyfile", "ssl_keypassword", "log_level"}


def test_continuous_sources_have_a_limit_in_seconds() -> None:
    assert load(continuous=" wire=30m, La Gazette = 6h,x=90s ").silence_limits == {
        "wire": 1800,
        "La Gazette": 21600,
        "x": 90,
    }
    assert load().silence_limits == {}


@pytest.mark.parametrize(
    "wrong", ["wire", "wire=", "=30m", "wire=30", "wire=0m", "wire=1d", "wire=30m,", "wire=25h", "wire=1m,wire=2m"]
)
def test_a_silence_that_can_not_be_watched_is_refused(wrong: str) -> None:
    with pytest.raises(UserError, match="setting continuous: "):
        load(continuous=wrong)
