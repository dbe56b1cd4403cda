"""The simulator's WSGI application: which part answers which address."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from werkzeug.wrappers import Request, Response

from shop.simulator import pages
from shop.simulator.api import Api
from shop.simulator.control import Control
from shop.simulator.controls import Controls
from shop.simulator.dashboard import Dashboard
from shop.simulator.hosted import Hosted

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class Application:
    """One account's API, hosted pages, dashboard and controls."""

    def __init__(self, controls: Controls) -> None:
        hosted = Hosted(controls.store, controls.courier)
        self._parts: dict[str, Callable[[Request], Response]] = {
            "v1": Api(controls.store, controls.faults).respond,
            "_simulator": Control(controls).respond,
            "c": hosted.respond,
            "r": hosted.respond,
            "static": _static,
        }
        self._dashboard = Dashboard(controls)

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """Answer one request."""
        request = Request(environ)
        first = request.path.split("/")[1]
        answer = self._parts.get(first, self._dashboard.respond)
        response = _foreign() if _is_forged(request) else answer(request)
        return response(environ, start_response)


def _is_forged(request: Request) -> bool:
    """Whether another site's page made a browser send this."""
    site = request.headers.get("Sec-Fetch-Site", "none")
    return request.method == "POST" and site in ("cross-site", "same-site")


def _foreign() -> Response:
    return Response("This page takes no forms of other sites.", 403, mimetype="text/plain")


def _static(request: Request) -> Response:
    if request.path == "/static/css/simulator.css":
        return pages.stylesheet()
    return Response(status=404)
