"""Reports as tables on the terminal."""
