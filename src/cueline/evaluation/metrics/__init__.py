"""The figures of a report, each from the decisions and the targets."""
