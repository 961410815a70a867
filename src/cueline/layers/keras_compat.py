"""The one place that depends on how Keras and torch are made inside.

The backend is PyTorch where it is installed, which is the faster one on a CPU, else JAX;
`KERAS_BACKEND` decides where it is set. Both give the same numbers.
"""

import os
from importlib.util import find_spec

from cueline.errors import TrainingError

if "KERAS_BACKEND" not in os.environ:
    os.environ["KERAS_BACKEND"] = "torch" if find_spec("torch") else "jax"
if not find_spec("keras"):
    raise TrainingError("Keras is not installed; pip install 'cueline[train]'")
