"""From a corpus to a policy: batches, model, loss, optimizer and the run itself."""

import cueline.layers.keras_compat  # noqa: F401  (chooses the backend before Keras is imported)
