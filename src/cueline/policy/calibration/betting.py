"""Bounds on a risk that is watched as it goes, at any time and however it drifts, by betting.

Losses between 0 and 1 come one after the other. Whoever bets the share `c` of their wealth that a
loss will not come has `1 - c loss` times as much after it; where the mean loss is `m`, that is
`1 - c m` on average, so wealth over `(1 - c m)` to the number of losses is a fair game: a betting
capital (Waudby-Smith and Ramdas, 2024, with the bet `c / (1 - c m)`). It exceeds `1 / delta` at any
time in at most `delta` of all games (Ville, 1939), so a mean at which it does is ruled out.

Shares are fixed beforehand, and the capital is divided among some. Had they followed the losses,
as predictable plug-ins do, they would win sooner, but speak of a mean that they weigh themselves.
Fixed, they speak of the plain one: as `log(1 - c m)` is concave in `m`, the capital bounds the mean
of all losses that were to be expected so far, though each was another's, or an opponent chose it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from msgspec import Struct, field

SHARES = (0.9, 0.6, 0.35, 0.15)
"""Shares of the wealth that are bet: much wins where losses are rare, little near the mean."""
PARTS = (0.5, 0.25, 0.15, 0.1)
"""What each has of the capital at first."""
_LOG_PARTS = tuple(map(math.log, PARTS))
_EXACT = 1e-9
_SIGNS = (0.1, 0.3, 0.6)
"""How far, from the promise to 1, the risks are that are looked out for."""


class MeanBound(Struct):
    """An upper bound on the mean of the losses that were to be expected."""

    losses: float = 0
    """Their number; one that counts for less than 1 is a part of one."""
    log_wealth: list[float] = field(default_factory=lambda: list(_LOG_PARTS))
    """For each of `SHARES`."""

    def update(self, loss: float, weight: float = 1.0) -> None:
        """Take in a `loss` in [0, 1]; it counts for `weight` in (0, 1], chosen before it was known.

        A weight is an exponent: by Jensen's inequality the game stays fair or worse, and the mean
        is the weighted one.
        """
        self.losses += weight
        self.log_wealth = [
            wealth + weight * math.log1p(-share * loss)
            for wealth, share in zip(self.log_wealth, SHARES, strict=True)
        ]

    def log_capital(self, mean: float) -> float:
        """The log of what has been won against `mean`; 0 at first."""
        won = [
            wealth - self.losses * math.log1p(-share * mean)
            for wealth, share in zip(self.log_wealth, SHARES, strict=True)
        ]
        return _log_sum(won)

    def rules_out(self, mean: float, delta: float) -> bool:
        """Whether the mean is below `mean`; wrong, ever, in at most `delta` of all cases."""
        return self.log_capital(mean) >= -math.log(delta)

    def upper(self, delta: float) -> float:
        """The lowest mean that is ruled out; 1 where none is."""
        if not self.rules_out(1.0, delta):
            return 1.0
        low, high = 0.0, 1.0
        while high - low > _EXACT:
            middle = (low + high) / 2
            if self.rules_out(middle, delta):
                high = middle
            else:
                low = middle
        return high


class ChangeDetector(Struct):
    """Says when the risk has risen above what was promised, whenever that was.

    A new bet on it begins before each loss (the e-detector of Shiryaev and Roberts, by Shin, Ramdas
    and Rinaldo, 2024): while the risk is at most `promised`, at least `patience` losses pass until
    a false alarm, on average.
    """

    promised: float
    patience: float
    wealth: list[float] = field(default_factory=lambda: [0.0] * len(_SIGNS))

    def update(self, loss: float) -> bool:
        """Take in a `loss` in [0, 1]; whether it is time for an alarm."""
        self.wealth = [
            (wealth + 1) * (1 + bet * (loss - self.promised))
            for wealth, bet in zip(self.wealth, _bets(self.promised), strict=True)
        ]
        return sum(self.wealth) / len(self.wealth) >= self.patience


def _bets(promised: float) -> Sequence[float]:
    """The bets that win fastest at those risks (Kelly, 1956)."""
    return [far / promised for far in _SIGNS]


def _log_sum(logs: Sequence[float]) -> float:
    most = max(logs)
    return most + math.log(sum(math.exp(log - most) for log in logs))
