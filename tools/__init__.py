"""What checks the project beside the usual linters."""
