"""Spans and logs that hold what models were asked and what they answered."""
