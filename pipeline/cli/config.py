"""`copydesk config`: the settings in force."""

from typing import Any

import click
from pydantic import SecretStr
from pydantic_settings import EnvSettingsSource, TomlConfigSettingsSource

from pipeline.cli import print_json
from pipeline.cli.card import print_table
from pipeline.settings import Settings, config_file, load


@click.command()
@click.option("--json", "as_json", is_flag=True, help="JSON Lines: name, value, from, meaning.")
def command(*, as_json: bool) -> None:
    """Show the settings in force and where each comes from.

    A setting comes from the environment (COPYDESK_NAME), else from the TOML file that COPYDESK_CONFIG names
    or copydesk.toml in the working folder, else it has its default. Passwords are never shown.

    \b
      copydesk config
      COPYDESK_PARTITIONS=8 copydesk config --json
    """
    settings = load()
    origins = _origins()
    # What an empty value stands for.
    derived: dict[str, Any] = {"group": settings.group_id, "processes": settings.worker_processes}
    rows = []
    for name, field in Settings.model_fields.items():
        value = _shown(derived.get(name) or getattr(settings, name))
        rows.append({"name": name, "value": value, "from": origins.get(name, "default"), "meaning": field.description})
    if as_json:
        for row in rows:
            print_json(row)
        return
    print_table(
        ("setting", "value", "from"),
        [
            (str(row["name"]), "-" if row["value"] in ("", None) else str(row["value"]), str(row["from"]))
            for row in rows
        ],
    )


def _origins() -> dict[str, str]:
    """Where each setting that is not at its default comes from, asked of the very sources that `load` reads."""
    file = config_file()
    in_file = TomlConfigSettingsSource(Settings, toml_file=file)() if file else {}
    in_environment = EnvSettingsSource(Settings, env_prefix="COPYDESK_", env_ignore_empty=True)()
    return dict.fromkeys(in_file, f"file {file}") | dict.fromkeys(in_environment, "environment")


def _shown(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "********" if value.get_secret_value() else ""
    return value if isinstance(value, str | int | float) or value is None else str(value)
