"""The lesson of `cueline shapes`: one dialogue walked through the network, with real numbers.

Reading order: `lesson` (what a lesson is made of), `turns` (a dialogue as arrays), then the steps
in `encoding`, `sequences`, `states` and `memory`, put together by `walk`, told by `text` and drawn
by `svg`.
"""

from cueline.lessons.svg import svg
from cueline.lessons.text import text
from cueline.lessons.walk import QUESTION, walk

__all__ = ["QUESTION", "svg", "text", "walk"]
