"""Rasa bots."""
