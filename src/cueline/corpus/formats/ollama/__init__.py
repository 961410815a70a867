"""Ollama's chat messages."""
