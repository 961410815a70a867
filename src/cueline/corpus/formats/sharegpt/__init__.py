"""ShareGPT conversations, and Glaive's, which are alike."""
