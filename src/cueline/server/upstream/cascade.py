"""Which turns are answered here and which go upstream, and what becomes of either."""

from __future__ import annotations

from typing import Literal

import httpx2 as http
import msgspec
from starlette.requests import Request
from starlette.responses import Response

from cueline.errors import CuelineError
from cueline.server.errors import RequestError
from cueline.server.upstream import headers
from cueline.server.upstream.apis import Api
from cueline.server.upstream.client import Upstream, UpstreamError
from cueline.server.upstream.own_answer import Here, OwnAnswer
from cueline.server.upstream.relay import CallerGoneError, Relay, while_there

Because = Literal["sure", "away", "unsure", "unread", "shadow"]
"""Why a turn was answered where it was: here (`sure`; `away`, as the upstream did not answer), or
upstream (`unsure`; `unread`, as the request is beyond what is read here; `shadow`)."""
_JSON = "application/json"


class Cascade:
    """In front of an upstream."""

    def __init__(self, upstream: Upstream, model: str | None = None, shadow: bool = False) -> None:
        self.upstream, self.model, self.shadow = upstream, model, shadow

    async def answer(self, request: Request, api: Api, here: Here) -> Response:
        """The answer to `request`, from `here` or from the upstream.

        Raises `UpstreamError` where neither has one.
        """
        ours = await _ours(here)
        because = self._because(ours)
        if ours is not None and because == "sure":
            return await _by_policy(ours, because)
        forwarded = self._forwarded(request, api, ours, because)
        try:
            return await while_there(request.receive, forwarded)
        except UpstreamError:
            if ours is not None and ours.calls:
                return await _by_policy(ours, "away")
            raise
        except CallerGoneError:
            return Response(status_code=499)

    def _because(self, ours: OwnAnswer | None) -> Because:
        if ours is None:
            return "unread"
        if self.shadow:
            return "shadow"
        return "sure" if ours.calls else "unsure"

    async def _forwarded(
        self, request: Request, api: Api, ours: OwnAnswer | None, because: Because
    ) -> Response:
        to = self.upstream
        sent = headers.going(request.scope["headers"])
        if to.key:
            sent.append(api.key(to.key))
        body = _for_model(request.scope["body"], self.model)
        answer = await to.send("POST", api.path, sent, body)
        if ours is not None and ours.calls and _refused(answer.status_code):
            await answer.aclose()
            return await _by_policy(ours, "away")
        marked = headers.coming(answer.headers.raw) | _metadata("upstream", because, ours)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind == _JSON and answer.status_code == 200:
            content = _beside(await self._read(answer), ours, because)
            return Response(content, 200, marked)
        return Relay(answer, marked, to.settings.answer, lambda _: None, to.broke_off)

    async def _read(self, answer: http.Response) -> bytes:
        """All that `answer` says."""
        try:
            return await answer.aread()
        except http.RequestError as error:
            self.upstream.broke_off(error)
            raise UpstreamError(502, "broke off") from None
        finally:
            await answer.aclose()


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


async def _by_policy(ours: OwnAnswer, because: Because) -> Response:
    response = await ours.respond()
    response.headers.update(_metadata("policy", because, ours))
    return response


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
    decision = {} if ours is None else msgspec.to_builtins(ours.decision)
    found = {"answered_by": "upstream", "because": because, **decision}
    between = b"" if end[1:-1].strip() == b"" else b","
    return end[:-1] + between + b'"cueline":' + msgspec.json.encode(found) + b"}"
