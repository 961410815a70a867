"""OpenInference's spans."""
