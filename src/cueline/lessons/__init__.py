"""The lesson of `cueline shapes`: one dialogue taken through the network, with real numbers.

Reading order: `lesson` (what a lesson is made of), `dialogue_arrays` (a dialogue as arrays),
`numpy_layers` (Keras's layers in NumPy, which need no second to load), then the steps in
`encoding`, `sequences`, `states`, `memory`, `in_keras` and `fitted`, then the words inside a turn
in `word_arrays`, `word_level` and `fitted_words`; put in order by `steps`, written by `terminal`.
"""

from cueline.lessons.lesson import Lesson
from cueline.lessons.steps import QUESTION, lesson_steps, shapes, spoken_steps
from cueline.lessons.terminal import heading, sentence_heading, step_text

__all__ = [
    "QUESTION",
    "Lesson",
    "heading",
    "lesson_steps",
    "sentence_heading",
    "shapes",
    "spoken_steps",
    "step_text",
]
