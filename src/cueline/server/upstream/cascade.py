"""Which turns are answered here and which go upstream, and what becomes of either."""

from __future__ import annotations

import time
from functools import partial
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.dialogue import Turn
from cueline.errors import CuelineError
from cueline.server.domain.sessions import Sessions
from cueline.server.errors import RequestError
from cueline.server.events import Asked, AuditedTurn
from cueline.server.upstream import headers
from cueline.server.upstream.apis import PATHS, Api
from cueline.server.upstream.audits import Audits, same
from cueline.server.upstream.client import Upstream, UpstreamError
from cueline.server.upstream.metrics import CascadeMetrics
from cueline.server.upstream.own_answer import Here, OwnAnswer
from cueline.server.upstream.recorder import Recorder
from cueline.server.upstream.relay import CallerGoneError, Relay, while_there
from cueline.server.upstream.settings import CascadeOptions
from cueline.server.upstream.watches import Watches

Because = Literal["sure", "asked", "away", "unsure", "unread", "audit", "risk", "shadow"]
"""Why a turn was answered where it was: here (`sure`; `asked`, to be checked by a person
afterwards; `away`, as the upstream did not answer), or upstream (`unsure`; `unread`, as the request
is beyond what is read here; `audit`, to check a sure one; `risk`, as it is not known, or not any
more, that as few are wrong as promised; `shadow`)."""
HERE: tuple[Because, ...] = "sure", "asked", "away"
"""The reasons of turns that were answered here."""
_JSON, _EVENTS = "application/json", "text/event-stream"


class Cascade:
    """In front of an upstream."""

    def __init__(
        self, upstream: Upstream, sessions: Sessions, options: CascadeOptions, readable: int
    ) -> None:
        """A request of more than `readable` bytes goes upstream unread."""
        self.upstream, self.options = upstream, options
        self._readable, self._audits = readable, Audits(options.audit)
        watched = options.audit > 0 or options.shadow
        self.watches = Watches(sessions.store) if watched else None
        """None: nothing is held against the upstream, so the policy is taken at its word."""
        self._recorder = Recorder(sessions) if options.record else None
        self.metrics = CascadeMetrics(upstream, self._recorder)

    @property
    def longer_bodies(self) -> dict[str, int]:
        """The bytes of a body that may go upstream, by path."""
        return dict.fromkeys(PATHS, self.upstream.settings.body)

    async def answer(self, request: Request, api: Api, here: Here) -> Response:
        """The answer to `request`, from `here` or from the upstream.

        Raises `UpstreamError` where neither has one.
        """
        readable = len(request.scope["body"]) <= self._readable
        ours = await _ours(here) if readable else None
        because = await self._because(request, ours)
        if ours is not None and because in ("sure", "asked"):
            return await self._by_policy(request, ours, because)
        try:
            forwarded = self._forwarded(request, api, ours, because)
            return await while_there(request.receive, forwarded)
        except UpstreamError:
            if ours is None or not await self._may_answer(ours):
                raise
            return await self._by_policy(request, ours, "away")
        except CallerGoneError:
            return Response(status_code=499)

    async def close(self) -> None:
        """Store what is to be stored, and let go of the connections."""
        if self._recorder is not None:
            await self._recorder.finish()
        if self.watches is not None:
            await self.watches.finish()
        await self.upstream.close()

    async def _because(self, request: Request, ours: OwnAnswer | None) -> Because:
        if ours is None:
            return "unread"
        if self.options.shadow:
            return "shadow"
        if not ours.calls:
            return "unsure"
        if self.watches is not None:
            watch = await self.watches.of(ours.policy, ours.decided.risk)
            if not watch.answers(ours.decision.confidence):
                return "risk"
        if not self._audits.draws(request):
            return "sure"
        return "asked" if self.options.auditor == "person" and ours.keep else "audit"

    async def _may_answer(self, ours: OwnAnswer) -> bool:
        """Whether `ours` is good enough where the upstream has no answer."""
        if not ours.calls or self.options.shadow:
            return False
        if self.watches is None:
            return True
        watch = await self.watches.of(ours.policy, ours.decided.risk)
        return not watch.refuses(ours.decision.confidence)

    async def _by_policy(self, request: Request, ours: OwnAnswer, because: Because) -> Response:
        response = await ours.respond()
        if self._recorder is not None and ours.keep:
            storing = self._recorder.record(_caller(request), ours, _turn(ours), "policy")
            place = None if storing is None else await storing
            if because == "asked" and place is not None and self.watches is not None:
                asked = Asked(time.time(), *place, ours.decision.confidence)
                self.watches.ask(ours.policy, ours.decided.risk, asked)
        response.headers.update(_metadata("policy", because, ours))
        self.metrics.answered("policy", because)
        return response

    async def _forwarded(
        self, request: Request, api: Api, ours: OwnAnswer | None, because: Because
    ) -> Response:
        to = self.upstream
        sent = headers.going(request.scope["headers"])
        if to.key:
            sent.append(api.key(to.key))
        body = _for_model(request.scope["body"], self.options.model)
        answer = await to.send("POST", api.path, sent, body)
        if ours is not None and _refused(answer.status_code) and await self._may_answer(ours):
            await answer.aclose()
            return await self._by_policy(request, ours, "away")
        marked = headers.coming(answer.headers.raw) | _metadata("upstream", because, ours)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        finished = partial(self._finished, request, api, ours, kind)
        self.metrics.answered("upstream", because)
        if answer.status_code != 200:
            return Relay(answer, marked, 0, lambda _: None, to.broke_off)
        if kind == _JSON:
            content = await to.read(answer, to.settings.answer)
            finished(content)
            return Response(_beside(content, ours, because), 200, marked)
        return Relay(answer, marked, to.settings.answer, finished, to.broke_off)

    def _finished(
        self, request: Request, api: Api, ours: OwnAnswer | None, kind: str, content: bytes | None
    ) -> None:
        """The upstream has answered: learn from it."""
        if ours is None or (not ours.calls and self._recorder is None):
            return
        done = None if content is None else api.done(content, kind == _EVENTS)
        if done is None:
            self.metrics.not_understood.inc()
            return
        if ours.calls and self.watches is not None:
            turn = AuditedTurn(ours.decision.confidence, not same(ours.calls, done))
            self.watches.audited(ours.policy, ours.decided.risk, turn)
            self.metrics.audited(turn.wrong)
        if self._recorder is not None and ours.keep:
            self._recorder.record(_caller(request), ours, done, "upstream")


async def _ours(here: Here) -> OwnAnswer | None:
    """What would be answered here; None where that cannot be known from what was asked."""
    try:
        return await here()
    except CuelineError as error:
        if error.status >= 500:
            raise
        return None


def _refused(status: int) -> bool:
    return status == 429 or status >= 500


def _for_model(body: bytes, model: str | None) -> bytes:
    """The same body for another model; what else is in it stays as it was written."""
    if model is None:
        return body
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as error:
        raise RequestError(400, f"the body is not JSON: {error}") from None
    return msgspec.json.encode({**members, "model": model})


def _turn(ours: OwnAnswer) -> Turn:
    """What is done by the calls of `ours`."""
    made: dict[str, list[dict[str, Any]]] = {}
    for call in ours.calls:
        made.setdefault(call.name, []).append(dict(call.arguments))
    calls = {name: tuple(several) for name, several in made.items()}
    return Turn(None, actions=tuple(made), arguments=calls)


def _caller(request: Request) -> str:
    return str(request.scope["caller"].name)


def _metadata(by: str, because: Because, ours: OwnAnswer | None) -> dict[str, str]:
    found = {"cueline-answered-by": by, "cueline-because": because}
    if ours is not None:
        found["cueline-policy"] = ours.policy
        found["cueline-confidence"] = f"{ours.decision.confidence:.4f}"
    return found


def _beside(content: bytes, ours: OwnAnswer | None, because: Because) -> bytes:
    """`content`, a JSON object, with one more key, `cueline`; all else as it was written."""
    end = content.rstrip()
    if not (end.startswith(b"{") and end.endswith(b"}")):
        return content
    between = b"" if end[1:-1].strip() == b"" else b","
    found = b'"cueline":{"answered_by":"upstream","because":"%s"' % because.encode()
    decision = b"}" if ours is None else b"," + msgspec.json.encode(ours.decision)[1:]
    return b"%s%s%s%s}" % (end[:-1], between, found, decision)
