"""The lesson of `cueline shapes`: one dialogue taken through the network, with real numbers.

Reading order: `lesson` (what a lesson is made of), `dialogue_arrays` (a dialogue as arrays),
`numpy_layers` (Keras's layers in NumPy, which need no second to load), then the steps in
`encoding`, `sequences`, `states`, `memory`, `in_keras` and `fitted`, put in order by `steps` and
written by `terminal`.
"""

from cueline.lessons.lesson import Lesson
from cueline.lessons.steps import QUESTION, lesson_steps
from cueline.lessons.terminal import heading, step_text

__all__ = ["QUESTION", "Lesson", "heading", "lesson_steps", "step_text"]
