"""What every request passes before a route sees it, one concern a module, the outermost first."""

from __future__ import annotations

from starlette.types import ASGIApp

from cueline.server.middleware.api_keys import ApiKeys
from cueline.server.middleware.bodies import Bodies
from cueline.server.middleware.hosts import Hosts
from cueline.server.middleware.origins import Origins
from cueline.server.middleware.problem_answers import ProblemAnswers
from cueline.server.middleware.rate_limits import RateLimits
from cueline.server.middleware.request_log import RequestLog
from cueline.server.service import Service
from cueline.server.upstream.apis import PATHS


def guarded(app: ASGIApp, service: Service) -> ASGIApp:
    """`app` behind all of them."""
    cascade, limits = service.cascade, service.limits
    longer = dict.fromkeys(PATHS, limits.agent_body)
    app = Bodies(app, limits, longer if cascade is None else cascade.longer_bodies)
    app = RateLimits(app, service.rate)
    app = ApiKeys(app, service.keys)
    app = Origins(app)
    app = app if service.keys else Hosts(app)
    return RequestLog(ProblemAnswers(app), service.metrics, service.log_text)
