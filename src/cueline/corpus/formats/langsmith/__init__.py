"""LangSmith's runs and examples."""
