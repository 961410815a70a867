"""The four stores; each is imported only when a URL names it."""
