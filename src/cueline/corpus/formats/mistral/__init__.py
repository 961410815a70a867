"""Mistral's chat messages."""
