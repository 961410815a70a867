"""What the middleware refuses is answered as `application/problem+json`."""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

from cueline.server.errors import RequestError
from cueline.server.problems import answer, problem


class ProblemAnswers:
    """Answers every `RequestError` that is raised within."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the request through, and say why if it is refused."""
        try:
            await self._app(scope, receive, send)
        except RequestError as refused:
            await answer(problem(refused), refused.headers, scope["path"])(scope, receive, send)
