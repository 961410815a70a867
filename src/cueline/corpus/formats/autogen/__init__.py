"""AutoGen's messages and events."""
