"""The bAbI dialogue tasks."""
