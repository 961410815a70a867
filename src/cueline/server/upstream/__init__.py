"""In front of a model: turns that are sure are answered here, all others go upstream."""
