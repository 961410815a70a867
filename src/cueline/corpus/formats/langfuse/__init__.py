"""Langfuse's traces and observations."""
