"""Transcripts of assistants, whatever their dialect: one stream of events, one way to turns."""
