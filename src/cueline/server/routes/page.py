"""The page at `/`: files that come with the package, by their names; and whom it answers."""

from __future__ import annotations

from mimetypes import guess_type

from starlette.requests import Request
from starlette.responses import Response

from cueline.server.errors import RequestError
from cueline.server.routing import Operation, Parameter, Routes, as_json, service
from cueline.web import STATIC
from cueline.web.policy_view import about
from cueline.web.schemas.lists import PolicyAnswer

routes = Routes("page")

FOLDER = STATIC
FILE = Parameter(
    "file", "path", r"^[a-z0-9_-]+\.(html|css|js|svg)$", "A file of the page.", "a file of the page"
)
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


@routes.get("/")
async def index(request: Request) -> Response:
    """The page."""
    return _file("index.html")


@routes.get("/page/{file}")
async def part(request: Request) -> Response:
    """A part of the page."""
    return _file(FILE.of(request))


@routes.get("/v1/policy", Operation(PolicyAnswer, scope="read"))
async def current(request: Request) -> Response:
    """The policy of new dialogues: its actions, and the features it knows of."""
    policies = service(request).policies
    return as_json(about(policies[policies.current]))


def _file(name: str) -> Response:
    path = FOLDER / name
    if not path.is_file():
        raise RequestError(404, "nothing is at this path")
    return Response(path.read_bytes(), headers=_HEADERS, media_type=guess_type(name)[0])
