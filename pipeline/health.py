"""/metrics, /healthz and /readyz, from a thread of their own: a blocked event loop is seen, not waited for."""

import sys
import time
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from threading import Thread
from typing import Any, Final
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, make_wsgi_app

from pipeline import metrics
from pipeline.errors import UserError
from pipeline.logs import get_logger

log = get_logger(__name__)

# The loop ticks twice a second; one that has not for this long is stuck, not busy: work on it comes in 20 ms slices.
STUCK_SECONDS: Final = 10.0


class Health:
    """What the probes are told. Written by the event loop, read by the server's thread."""

    def __init__(self) -> None:
        self.ticked = time.monotonic()
        self.ready = False

    def answer(self, path: str) -> tuple[str, str] | None:
        if path == "/healthz":
            age = time.monotonic() - self.ticked
            return (
                "503 Service Unavailable" if age > STUCK_SECONDS else "200 OK",
                f"event loop ticked {age:.1f} s ago\n",
            )
        if path == "/readyz":
            return (
                ("200 OK", "ready\n")
                if self.ready
                else ("503 Service Unavailable", "not ready: still starting, or state is being folded\n")
            )
        return None


def serve(
    health: Health,
    host: str,
    port: int,
    *,
    registry: CollectorRegistry = metrics.REGISTRY,
    setting: str = "metrics_port",
) -> WSGIServer:
    """Start answering. `server_port` of the result says where; `shutdown` ends it. `setting` is where the port is from.

    Raises:
        UserError: the port is taken.
    """
    exposition = make_wsgi_app(registry)

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            page: Iterable[bytes] = exposition(environ, start_response)
            return page
        status, text = health.answer(path) or ("404 Not Found", "there are /metrics, /healthz and /readyz\n")
        start_response(status, [("Content-Type", "text/plain; charset=utf-8")])
        return [text.encode()]

    try:
        server = make_server(host, port, application, _Server, _Handler)
    except OSError as error:
        raise UserError(
            f"metrics can't listen on {host}:{port} ({error.strerror}); "
            f"set COPYDESK_{setting.upper()} to a free port, or 0 for any"
        ) from error
    Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    log.info("metrics served", url=f"http://{host}:{server.server_port}/metrics")
    return server


class _Server(ThreadingMixIn, WSGIServer):
    # A thread for each request: a client that connects and says nothing must not keep the probes waiting.
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the signature is the library's
        log.debug("metrics client gone", error=repr(sys.exception()))  # the library would print a traceback


class _Handler(WSGIRequestHandler):
    timeout = 5.0  # seconds until such a client's thread ends

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the signature is the library's
        log.debug("metrics request", request=format % args)
