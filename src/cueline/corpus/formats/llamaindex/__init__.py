"""LlamaIndex's chat messages."""
