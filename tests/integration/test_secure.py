"""A Kafka that takes nobody without TLS: the desk works through a login or a client certificate, and says what is wrong."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pipeline.cli import cli
from pipeline.errors import KafkaAway, UserError
from pipeline.kafka import clients, storage
from pipeline.kafka.broker import LocalCluster, free_ports
from pipeline.settings import Settings, load
from tests.desk import last_enriched, wait_until, workers

pytestmark = [
    pytest.mark.broker,
    pytest.mark.long,  # the default tests are to stay below five minutes
    pytest.mark.skipif(not shutil.which("openssl"), reason="makes its certificates with the program openssl"),
]

USER = "desk"
SECRETS = PASSWORD, KEY_PASSWORD, WRONG = "correct-horse-7Qx", "battery-staple-4Zk", "swordfish-9Wm"
PROMPT_SECONDS = 30

# What Python 3.13 asks of certificates (RFC 5280 to the letter), so more than 3.11 does.
CERTIFICATES = """
[req]
distinguished_name = none
[none]
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[broker]
authorityKeyIdentifier = keyid
subjectAltName = DNS:localhost, IP:127.0.0.1
[client]
authorityKeyIdentifier = keyid
"""

# A key that stands twice has its second value. Kafka speaks plain text to itself; nothing here gives that port to the desk.
SECURE = """
listeners=PLAINTEXT://127.0.0.1:{{port}},CONTROLLER://127.0.0.1:{{controller_port}},\
SASL_SSL://127.0.0.1:{login},SSL://127.0.0.1:{certificate},ASTRAY://127.0.0.1:{astray}
advertised.listeners=PLAINTEXT://127.0.0.1:{{port}},\
SASL_SSL://127.0.0.1:{login},SSL://127.0.0.1:{certificate},ASTRAY://127.0.0.1:1
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,SSL:SSL,ASTRAY:PLAINTEXT
ssl.keystore.type=PEM
ssl.keystore.location={folder}/keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/authority.pem
listener.name.ssl.ssl.client.auth=required
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.sasl_ssl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_{user}="{password}";
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


@dataclass(frozen=True)
class Secured:
    """Addresses of a running Kafka, and the folder of the certificates."""

    plain: str
    login: str
    certificate: str
    astray: str
    folder: Path

    def settings(self, way: str, **changed: Any) -> dict[str, Any]:
        """Settings of a desk that comes in with a certificate or by that SASL mechanism, some of them changed."""
        common = {"ssl_cafile": self.folder / "authority.pem", "prefix": way}
        if way == "certificate":
            of_client = {
                "ssl_certfile": self.folder / "client.pem",
                "ssl_keyfile": self.folder / "client.key",
                "ssl_keypassword": KEY_PASSWORD,
            }
            return common | {"brokers": self.certificate, "security": "SSL"} | of_client | changed
        login = {"sasl_mechanism": way, "sasl_username": USER, "sasl_password": PASSWORD}
        return common | {"brokers": self.login, "security": "SASL_SSL"} | login | changed


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder)
    ports = free_ports(5)
    listeners = dict(zip(("login", "certificate", "astray"), ports[2:], strict=True))
    extra = SECURE.format(**listeners, folder=folder, user=USER, password=PASSWORD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(storage, "SERVER", storage.SERVER + extra)
        with LocalCluster(cache_dir=load().cache_dir, ports=ports[:1], controller_ports=ports[1:2]) as cluster:
            add_scram_user(cluster)
            addresses = {name: f"127.0.0.1:{port}" for name, port in listeners.items()}
            yield Secured(plain=cluster.bootstrap, **addresses, folder=folder)


def make_certificates(folder: Path) -> None:
    """Two authorities, and a certificate by the first one for the broker and for a client, whose key has a password."""
    (folder / "openssl.cnf").write_text(CERTIFICATES)

    def openssl(command: str, *arguments: str) -> None:
        subprocess.run(["openssl", *command.split(), *arguments], cwd=folder, check=True, capture_output=True)

    new_key = "-config openssl.cnf -newkey rsa:2048"
    for name in ("authority", "stranger"):
        openssl(
            f"req {new_key} -x509 -extensions authority -nodes -days 2 -subj /CN={name} -keyout {name}.key -out {name}.pem"
        )
    for name, protection in (("broker", ["-nodes"]), ("client", ["-passout", f"pass:{KEY_PASSWORD}"])):
        openssl(f"req {new_key} -subj /CN={name} -keyout {name}.key -out {name}.csr", *protection)
        openssl(
            f"x509 -req -in {name}.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 "
            f"-extfile openssl.cnf -extensions {name} -out {name}.pem"
        )
    (folder / "keystore.pem").write_text((folder / "broker.key").read_text() + (folder / "broker.pem").read_text())


def add_scram_user(cluster: LocalCluster) -> None:
    """The cluster itself keeps these users, so it has to run."""
    what = ["--alter", "--entity-type", "users", "--entity-name", USER]
    how = ["--add-config", f"SCRAM-SHA-512=[password={PASSWORD}]"]
    command = cluster.runtime.command("kafka.admin.ConfigCommand", "--bootstrap-server", cluster.bootstrap, *what, *how)
    subprocess.run(command, cwd=cluster.folder, check=True, capture_output=True)


def environment(settings: dict[str, Any]) -> dict[str, str]:
    return {f"COPYDESK_{name.upper()}": str(value) for name, value in settings.items()}


def run(settings: dict[str, Any], *arguments: str) -> None:
    """A command in this process, as a process of its own takes 2 s to import all."""
    result = CliRunner().invoke(cli, arguments, env=environment(settings))
    assert result.exit_code == 0, result.output
    assert not any(secret in result.output for secret in SECRETS)


def copydesk(settings: dict[str, Any], *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", "from pipeline.cli import main; main()", *arguments],
        env=os.environ | environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output_of(process: subprocess.Popen[str], *, status: int) -> str:
    output, _ = process.communicate(timeout=PROMPT_SECONDS)
    assert process.returncode == status, output
    assert not any(secret in output for secret in SECRETS), output
    return output


# PLAIN sends the very password, and so is the one that a careless log would tell.
@pytest.mark.parametrize("way", ["PLAIN", "certificate"])
def test_a_document_goes_all_the_way_and_no_secret_is_told(secured: Secured, way: str, tmp_path: Path) -> None:
    """Admin, replay's producer, Faust's consumer and producer, the owners' producers and fold readers, the log reader."""
    given = secured.settings(way, log_level="DEBUG")
    settings = load(**given)
    document = tmp_path / "article.txt"
    document.write_text("A sentence that nobody on the way has read.")
    run(given, "topics", "create")
    with workers(settings, tmp_path) as start:
        worker = start(**environment(given))
        run(given, "replay", str(document))
        wait_until(lambda: bool(asyncio.run(last_enriched(settings))), PROMPT_SECONDS, "the document is enriched")
        assert worker.stop() == 0
    assert worker.said('"level":"debug"'), "the level is in force"
    assert not any(worker.said(secret) for secret in SECRETS)


def test_a_user_whose_password_only_the_cluster_knows_is_let_in(secured: Secured) -> None:
    asyncio.run(connect(load(**secured.settings("SCRAM-SHA-512"))))


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"sasl_password": WRONG}, "COPYDESK_SASL_MECHANISM, _USERNAME and _PASSWORD"),
        ({"ssl_cafile": "stranger.pem"}, "COPYDESK_SSL_CAFILE"),
    ],
    ids=["wrong password", "untrusted certificate"],
)
def test_a_refusal_ends_every_process_promptly_and_in_one_line(
    secured: Secured, changed: dict[str, Any], named: str, tmp_path: Path
) -> None:
    given = secured.settings("PLAIN", **in_folder(secured, changed), log_level="DEBUG", metrics_port=0)
    document = tmp_path / "article.txt"
    document.write_text("Nothing of this is ever sent.")
    started = time.monotonic()
    worker, *others = [copydesk(given, *words) for words in (["worker"], ["topics", "create"], ["replay", document])]
    for process in others:
        [line] = output_of(process, status=1).splitlines()
        assert line.startswith(f"copydesk: Kafka at {secured.login} ") and named in line
    # A worker logs, also what the client library has to say; its last line is ours.
    log = output_of(worker, status=1)
    assert "Traceback" not in log
    assert f"copydesk: {json.loads(log.splitlines()[-1])['error']}" == line
    assert time.monotonic() - started < PROMPT_SECONDS


def in_folder(secured: Secured, changed: dict[str, Any]) -> dict[str, Any]:
    return {
        name: secured.folder / value if name.endswith("file") and value else value for name, value in changed.items()
    }


LOGIN, HANG_UP = "refused the login: .*COPYDESK_SASL_MECHANISM", "hung up.*COPYDESK_SECURITY, and COPYDESK_SSL_CERTFILE"


@pytest.mark.parametrize(
    ("way", "changed", "message"),
    [
        ("SCRAM-SHA-512", {"sasl_password": WRONG}, LOGIN),
        ("SCRAM-SHA-512", {"sasl_mechanism": "SCRAM-SHA-256"}, LOGIN),
        ("PLAIN", {"sasl_username": ""}, LOGIN),
        ("PLAIN", {"security": "PLAINTEXT"}, HANG_UP),
        ("PLAIN", {"security": "SASL_PLAINTEXT"}, HANG_UP),
        ("PLAIN", {"security": "SSL"}, HANG_UP),
        ("PLAIN", {"brokers": "plain"}, HANG_UP),
        ("PLAIN", {"brokers": "plain", "security": "SASL_PLAINTEXT"}, HANG_UP),
        ("certificate", {"ssl_certfile": None}, HANG_UP),
        ("certificate", {"ssl_certfile": "stranger.pem", "ssl_keyfile": "stranger.key"}, HANG_UP),
        ("certificate", {"ssl_keypassword": WRONG}, "client.pem or its key: .*COPYDESK_SSL_CERTFILE, _KEYFILE"),
        ("certificate", {"ssl_keypassword": ""}, "client.pem or its key: .*COPYDESK_SSL_CERTFILE, _KEYFILE"),
        ("certificate", {"ssl_cafile": "nowhere.pem"}, "nowhere.pem: .*No such file.*COPYDESK_SSL_CAFILE"),
        ("certificate", {"ssl_cafile": "openssl.cnf"}, "openssl.cnf: .*COPYDESK_SSL_CAFILE"),
    ],
)
def test_a_refusal_names_the_settings_to_mend(
    secured: Secured, way: str, changed: dict[str, Any], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    given = secured.settings(way, **in_folder(secured, changed))
    if given["brokers"] == "plain":
        given["brokers"] = secured.plain
    with pytest.raises(UserError, match=message) as caught:
        asyncio.run(connect(load(**given)))
    assert "\n" not in str(caught.value)
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert capfd.readouterr() == ("", ""), "nobody is asked for a password"


async def connect(settings: Settings) -> None:
    """Start one client of each kind that is ours; an answer to each."""
    async with clients.admin(settings) as admin:
        await admin.describe_cluster()
    async with clients.producer(settings, transactional_id="test"), clients.reader(settings) as reader:
        await reader.topics()


def test_a_broker_that_sends_its_clients_astray_is_told_so(secured: Secured) -> None:
    with pytest.raises(KafkaAway, match=f"no Kafka answers at 127.0.0.1:1; Kafka at {secured.astray} .*advertised"):
        asyncio.run(connect(load(brokers=secured.astray)))
