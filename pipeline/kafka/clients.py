"""Kafka clients from the settings: one place where addresses, TLS, SASL and sizes meet all four of them.

Producer, admin, log reader and (through `connection`) the agents' consumer.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    BrokerResponseError,
    IllegalSaslStateError,
    KafkaConnectionError,
    KafkaError,
    NodeNotReadyError,
)
from aiokafka.protocol.metadata import MetadataRequest

from pipeline.errors import KafkaAway, UserError
from pipeline.kafka.topics import MESSAGE_BYTES
from pipeline.settings import Settings

# A dead letter is the largest thing we send: the raw bytes and what is said about them.
REQUEST_BYTES: Final = MESSAGE_BYTES["deadletter"]
# 27,000 to 44,000 messages a second against 22,000 without a linger (docs/tuning.md); 10 ms a hop is not felt.
LINGER_MS: Final = 10
BATCH_BYTES: Final = 256 * 1024
# For the question why a start failed: a refused login takes 0.4 s on a machine four times overbooked.
_WHY_MS: Final = 5000


def connection(settings: Settings) -> dict[str, Any]:
    """Keyword arguments that every aiokafka client takes.

    Raises:
        UserError: no brokers are configured, their list can't be read, or a certificate can't.
    """
    if not settings.brokers:
        raise UserError(
            "no Kafka configured; set COPYDESK_BROKERS=host:port, or use `copydesk up`, which brings its own"
        )
    try:
        collect_hosts(settings.brokers)
    except ValueError as error:
        raise UserError(
            f"COPYDESK_BROKERS is {settings.brokers!r}: {error}; write host:port with commas between"
        ) from error
    arguments: dict[str, Any] = {
        "bootstrap_servers": settings.brokers,
        "security_protocol": settings.security,
        "ssl_context": ssl_context(settings),
    }
    if settings.security.startswith("SASL"):
        arguments |= {
            "sasl_mechanism": settings.sasl_mechanism,
            "sasl_plain_username": settings.sasl_username,
            "sasl_plain_password": settings.sasl_password.get_secret_value(),
        }
    return arguments


def ssl_context(settings: Settings) -> ssl.SSLContext | None:
    """TLS that checks the broker's certificate and its host, with our own certificate where there is one.

    Raises:
        UserError: a file can't be read, or a key not with its password.
    """
    if not settings.security.endswith("SSL"):
        return None
    try:
        context = ssl.create_default_context(cafile=settings.ssl_cafile)
    except OSError as error:
        raise UserError(f"can't read {settings.ssl_cafile}: {error}; correct COPYDESK_SSL_CAFILE") from error
    if settings.ssl_certfile:
        try:
            # A password even where it is empty: without one, OpenSSL would ask the terminal for it and wait.
            password = settings.ssl_keypassword.get_secret_value()
            context.load_cert_chain(settings.ssl_certfile, settings.ssl_keyfile, password)
        except OSError as error:
            raise UserError(
                f"can't read the client certificate {settings.ssl_certfile} or its key: {error}; "
                "check COPYDESK_SSL_CERTFILE, _KEYFILE and _KEYPASSWORD"
            ) from error
    return context


@asynccontextmanager
async def producer(settings: Settings, *, transactional_id: str | None = None) -> AsyncIterator[AIOKafkaProducer]:
    """An idempotent producer (zstd, acks from all in-sync replicas); transactional where an id is given."""
    client = new_producer(settings, transactional_id=transactional_id)
    await _start(client, settings)
    try:
        yield client
    finally:
        await client.stop()


def new_producer(settings: Settings, *, transactional_id: str | None = None) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        **connection(settings),
        transactional_id=transactional_id,
        enable_idempotence=True,
        acks="all",
        compression_type="zstd",
        linger_ms=LINGER_MS,
        max_batch_size=BATCH_BYTES,
        max_request_size=REQUEST_BYTES,
    )


@asynccontextmanager
async def reader(settings: Settings, *topics: str, **arguments: Any) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer outside any group that sees committed records only, from the beginning unless told otherwise."""
    client = AIOKafkaConsumer(
        *topics,
        **connection(settings),
        **{"auto_offset_reset": "earliest", "isolation_level": "read_committed", "enable_auto_commit": False}
        | arguments,
    )
    await _start(client, settings)
    try:
        yield client
    finally:
        await client.stop()


@asynccontextmanager
async def admin(settings: Settings, **arguments: Any) -> AsyncIterator[AIOKafkaAdminClient]:
    client = AIOKafkaAdminClient(**connection(settings), **arguments)
    await _start(client, settings)
    try:
        yield client
    except NodeNotReadyError as error:
        nodes = client._client.cluster.brokers()  # noqa: SLF001 - the client's own call would ask such a node again
        advertised = ",".join(f"{node.host}:{node.port}" for node in nodes)
        way_out = f"Kafka at {settings.brokers} sends its clients there: start it, or correct its advertised.listeners"
        raise await _why(settings, advertised, way_out) from error
    finally:
        await client.close()


async def _start(client: Any, settings: Settings) -> None:
    try:
        await client.start()
    except BaseException as error:
        # A client that failed to start still holds sockets and tasks.
        await (client.close() if isinstance(client, AIOKafkaAdminClient) else client.stop())
        if isinstance(error, KafkaConnectionError | OSError):
            raise await _why(settings, settings.brokers, "start it, or correct COPYDESK_BROKERS") from error
        if isinstance(error, KafkaError):
            raise UserError(
                f"Kafka at {settings.brokers} refused the connection: {type(error).__name__} {error}; "
                "check COPYDESK_SECURITY and the COPYDESK_SASL_ and _SSL_ settings"
            ) from error
        raise


async def _why(settings: Settings, addresses: str, way_out: str) -> UserError:
    """What keeps us from Kafka and what to do about it; `way_out` where nothing answers.

    aiokafka tells only its log why it could not connect, so each broker is asked once more.
    """
    arguments = connection(settings)
    del arguments["bootstrap_servers"]
    for host, port, _ in collect_hosts(addresses):
        try:
            broker = await create_conn(host, port, **arguments, request_timeout_ms=_WHY_MS)
            try:
                # A broker that wants a login hangs up at the first real request, and not before.
                await broker.send(MetadataRequest([]))
            finally:
                broker.close()
        except (OSError, KafkaError) as error:
            if refusal := _refusal(error, f"Kafka at {host}:{port}"):
                return refusal
    return KafkaAway(f"no Kafka answers at {addresses}; {way_out}")


def _refusal(error: Exception, broker: str) -> UserError | None:
    """What a broker has against us, or we against it, and where to mend that; None if it was not reached."""
    match error:
        case ssl.SSLCertVerificationError():
            what = error.verify_message.rstrip(".")
            return UserError(
                f"{broker} has a certificate we don't trust: {what}; check COPYDESK_SSL_CAFILE, and this host"
            )
        case BrokerResponseError() if not isinstance(error, IllegalSaslStateError):
            what = next((said for said in error.args if isinstance(said, str)), error.description).rstrip(".")
            return UserError(
                f"{broker} refused the login: {what}; check COPYDESK_SASL_MECHANISM, _USERNAME and _PASSWORD"
            )
        case KafkaError() | ssl.SSLError() | ConnectionResetError():
            # One that wants a client certificate says so only when the handshake is over for us. One that is just
            # stopping hangs up as well: worth another try.
            alert = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
            what = f" ({alert.reason})" if isinstance(alert, ssl.SSLError) else ""
            return KafkaAway(
                f"{broker} hung up{what}; check COPYDESK_SECURITY, and COPYDESK_SSL_CERTFILE if it asks for a certificate"
            )
    return None
