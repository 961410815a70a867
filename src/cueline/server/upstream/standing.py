"""How the cascade stands, for those who run it and for the page."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from cueline.policy import Policy
from cueline.server.domain.risk_watch import LevelStanding, Standing
from cueline.server.domain.watch_history import WatchPoint
from cueline.server.upstream.cascade import HERE, Cascade
from cueline.server.upstream.settings import Auditor


class CascadeAnswer(Struct, kw_only=True):
    """Who answers agents, and what is known of how often the policy is wrong."""

    policy: str
    upstream: Literal["there", "away"]
    """`away`: it failed so often that it is left alone for a while."""
    shadow: bool
    audit: float
    """The share of sure turns that go upstream to be checked."""
    auditor: Auditor
    """Who says whether these are right; a person does so afterwards, on the page."""
    record: bool
    """Whether turns of agents are kept, to learn from."""
    promised: float
    """The share of wrong answers that is bearable."""
    standing: Standing | Literal["unwatched"]
    """`answers`: sure turns are answered here, from `threshold` on. `unproven`, `broken`: none are,
    as it is not known yet, or not any more, that the promise holds. `unwatched`: no turn is
    checked, and all that are sure are answered here."""
    threshold: float | None
    """The confidence from which sure turns are answered here; null where none are."""
    upper_bound: float | None = None
    """On the risk; null where nothing is checked."""
    audits: int = 0
    """Sure turns that the upstream answered too."""
    levels: list[LevelStanding] = []
    history: list[WatchPoint] = []
    """What was known of the policy after ever more of them."""
    turns: dict[str, int]
    """Agents' turns since this server began, under any policy, by why each was answered where it
    was."""
    deferred: float | None
    """The share of these that went upstream; null before the first."""


async def standing(cascade: Cascade, policy: Policy) -> CascadeAnswer:
    """How `cascade` stands with `policy`."""
    options, promised = cascade.options, policy.decision_model.risk
    turns = cascade.metrics.turns
    here = sum(turns[because] for because in HERE)
    answer = CascadeAnswer(
        policy=policy.hash,
        upstream="away" if cascade.upstream.breaker.open else "there",
        shadow=options.shadow,
        audit=options.audit,
        auditor=options.auditor,
        record=options.record,
        promised=promised,
        standing="unwatched",
        threshold=None if options.shadow else 0.0,
        turns=dict(turns),
        deferred=1 - here / turns.total() if turns else None,
    )
    if cascade.watches is not None:
        watch = await cascade.watches.of(policy.hash, promised)
        answer.standing, answer.threshold = watch.standing, watch.threshold
        answer.upper_bound, answer.audits = watch.upper_bound, watch.audits
        answer.levels = watch.standings()
        answer.history = cascade.watches.history(policy.hash, promised)
    return answer
