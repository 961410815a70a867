"""Dialogues of training scored by networks that did not learn from them.

Few held-out dialogues say little of how far decisions can be trusted. So the dialogues learned from
are dealt into folds, and for each a network learns from the others, as long as the best one did;
what it makes of the fold is evidence as good as that of a held-out dialogue (cross-fitting: Vovk,
'Cross-conformal predictors', 2015). Words, values and sets of actions that only the fold has are
unknown to its network. The larger a corpus, the fewer are scored so, since held-out ones suffice.
"""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np

from cueline.dataset.forgetting import forgetting
from cueline.dataset.slicing import take
from cueline.policy.fitting import Evidence
from cueline.training.averaging import averaged
from cueline.training.batches import Batches
from cueline.training.checkpoint import variables
from cueline.training.interrupts import Interrupts
from cueline.training.model import Network
from cueline.training.progress import progress_console
from cueline.training.threads import suited_threads
from cueline.training.training_run import TrainingRun
from cueline.types import Bits, Ints


class CrossFitting:
    """The networks of the folds, trained one after the other by the programs of the first.

    `model` is as it is before its first step.
    """

    def __init__(self, run: TrainingRun, model: keras.Model, network: Network) -> None:
        self.run, self.model, self.network = run, model, network
        self.console = progress_console()
        some = variables(model) if run.folds.scored.any() else []
        self.start = [np.array(one.numpy()) for one in some]

    def evidence(self, epochs: int) -> Iterator[Evidence]:
        """What the network of each fold, trained for that many epochs, makes of the fold.

        Ctrl-C ends it; the folds until then stay.
        """
        folds = self.run.folds
        count = folds.scored.shape[1]
        for number in range(count):
            rows = np.flatnonzero(folds.scored[:, number])
            if not len(rows) or folds.kept_out[:, number].all():
                continue
            self.console.print(f"scoring part {number + 1} of {count} by a network without it")
            try:
                evidence = self._of_fold(folds.kept_out[:, number], rows, epochs)
                if folds.kinds is not None and folds.new_kind[number]:
                    kinds = folds.kinds.numbers()[rows]
                    evidence = evidence._replace(new_kind=True, dialogue=kinds[evidence.dialogue])
                yield evidence
            except KeyboardInterrupt:
                self.console.print(f"stopped; {number} parts are scored")
                return

    def _of_fold(self, kept_out: Bits, rows: Ints, epochs: int) -> Evidence:
        run, known = self.run, ~kept_out
        dataset = forgetting(run.learned, known, run.featurizer, run.settings.features.min_count)
        for variable, value in zip(variables(self.model), self.start, strict=True):
            variable.assign(value)
        batches = Batches(
            dataset, run.settings, len(run.actions), run.featurizer.width, np.flatnonzero(known)
        )
        sampling = run.sampling(batches, lambda: averaged(self.model, self.network))
        with suited_threads(batches.size, run.settings.network.units), Interrupts() as interrupts:
            callbacks = [*sampling, interrupts]
            self.model.fit(batches, epochs=epochs, callbacks=callbacks, shuffle=False, verbose=0)
        weights = averaged(self.model, self.network)
        learned = take(dataset, np.flatnonzero(known))
        return run.evidence_on(take(dataset, rows), weights, learned)
