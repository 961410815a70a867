"""What the page shows, computed in NumPy, and the files that show it (`static/`)."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
"""HTML, style sheets and modules as a browser takes them; nothing is built."""
