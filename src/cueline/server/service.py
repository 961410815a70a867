"""All that a request may need, in one place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cueline.dialogue import Dialogue
from cueline.evaluation.curve import CurvePoint
from cueline.policy import Policy
from cueline.server.domain.corpora import Sources
from cueline.server.domain.policies import Policies
from cueline.server.domain.promotion_gate import PromotionGate
from cueline.server.domain.retraining import Retraining
from cueline.server.domain.sessions import Sessions
from cueline.server.keys import Keys
from cueline.server.limits import Limits, RateLimit
from cueline.server.metrics import Metrics
from cueline.server.protocols.agent import AgentAnswers, AgentRequest, LocalAnswer
from cueline.server.schemas import GateAnswer
from cueline.server.upstream.cascade import Cascade


@dataclass(slots=True)
class Service:
    """The parts of a running service."""

    sessions: Sessions
    keys: Keys | None = None
    """None: no keys, for this machine alone."""
    gate: PromotionGate = field(default_factory=PromotionGate)
    library: Path | None = None
    """The folder from which policies may be loaded, by their name in it."""
    log_text: bool = False
    """Whether what users say may be in the log."""
    risk: float | None = None
    """What every policy is loaded with; None: what is in its folder."""
    coverage: float | None = None
    """Likewise."""
    corpus: Sequence[Dialogue] = ()
    """Dialogues to look at on the page."""
    curve: Sequence[CurvePoint] = ()
    """A learning curve to draw there."""
    teaching: Retraining | None = None
    """None: there is no training here."""
    cascade: Cascade | None = None
    """None: it stands in front of no other model."""
    answer: Callable[[Policy, AgentRequest], Awaitable[LocalAnswer]] = field(
        default_factory=AgentAnswers
    )
    """What answers agents."""
    metrics: Metrics = field(init=False)
    rate: RateLimit | None = field(init=False)
    sources: Sources = field(init=False)

    def __post_init__(self) -> None:
        self.metrics = Metrics(self.sessions)
        if self.cascade is not None:
            watched = self.cascade.watches is not None
            self.cascade.metrics.register(self.metrics.registry, watched)
        self.sources = Sources(self.sessions, self.corpus)
        limits = self.limits
        self.rate = None if limits.rate is None else RateLimit(limits.rate, limits.burst)

    def load(self, path: Path) -> Policy:
        """The policy in the folder `path`, for the risk and coverage of this service."""
        return Policy.load(path).at(risk=self.risk, coverage=self.coverage)

    async def admit(self, path: Path) -> GateAnswer:
        """Load the policy in the folder `path`, past the gate; it decides nothing yet.

        Raises `PolicyError` where it cannot be read, `PolicyRefusedError` where the gate is shut.
        """
        policy = await asyncio.to_thread(self.load, path)
        answer = await self.gate.check(policy, self.sessions.store)
        self.policies.add(policy)
        return answer

    @property
    def limits(self) -> Limits:
        """The bounds."""
        return self.sessions.limits

    @property
    def policies(self) -> Policies:
        """The policies."""
        return self.sessions.policies

    @property
    def policy(self) -> Policy:
        """The one that new dialogues get, and agents."""
        return self.policies[self.policies.current]
