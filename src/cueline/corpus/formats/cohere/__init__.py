"""Cohere's chat messages."""
