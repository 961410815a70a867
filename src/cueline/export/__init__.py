"""A policy for other runtimes: an ONNX graph, a plain Keras model."""
