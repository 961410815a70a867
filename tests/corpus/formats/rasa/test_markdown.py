"""Stories of Rasa 1 in Markdown: the same paths as the same stories in YAML, read by Rasa 3.6."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from cueline.corpus import read_all
from cueline.dialogue import Dialogue
from tests.corpus.formats.rasa.test_equals_rasa import BOTS

MARKDOWN = {
    "events": """\
## restart
* a
  - x
  - slot{"ok": true}
  - restart
* b
  - y
## reset
* a
  - slot{"ok": true}
  - x
  - reset_slots
  - y
## undo
* a
  - x
  - y
  - undo
  - z
## rewind
* a
  - x
* b
  - y
  - rewind
* c
  - z
## no effect
* a
  - pause
  - x
  - export
  - followup{"name": "x"}
  - reminder{"action": "x", "date_time": "2020-01-01", "name": "r", "kill_on_user_msg": true}
  - resume
  - y
## those of Rasa as actions
* a
  - action_restart
  - action_back
  - action_default_fallback
""",
    "checkpoint_conditions": """\
## with name
* a{"nick": "Ann"}
> told
## with another
* a{"nick": "Bob"}
> told
## without
* b
> told
## known
> told{"nick": "Ann"}
  - x
## unknown
> told{"nick": null}
  - y
""",
    "form_in_stories": """\
## happy
* book
  - book_form
  - form{"name": "book_form"}
  - slot{"requested_slot": "city"}
* form: inform{"city": "Rome"}
  - slot{"city": "Rome"}
  - form: book_form
  - slot{"requested_slot": null}
  - form{"name": null}
  - utter_done
## told out in full
* book
  - book_form
  - form{"name": "book_form"}
* inform{"city": "Rome"}
  - book_form
  - form{"name": null}
  - utter_done
## interrupted
* book
  - book_form
  - form{"name": "book_form"}
* chat
  - utter_chat
  - book_form
  - form{"name": null}
  - utter_done
## stopped
* book
  - book_form
  - form{"name": "book_form"}
* stop
  - utter_sure
  - action_deactivate_loop
  - form{"name": null}
## twice
* book
  - book_form
  - active_loop{"name": "book_form"}
  - active_loop{"name": null}
  - utter_done
* book
  - book_form
  - active_loop{"name": "book_form"}
* inform
  - book_form
  - active_loop{"name": null}
  - utter_done
""",
}


@pytest.mark.parametrize("name", MARKDOWN)
def test_markdown_says_the_same_as_yaml(name: str, tmp_path: Path) -> None:
    bot = copytree(BOTS / name, tmp_path / "bot")
    (bot / "data" / "stories.yml").rename(bot / "data" / "stories.md")
    (bot / "data" / "stories.md").write_text(MARKDOWN[name], "utf-8")
    assert told(read_all([bot], "rasa-intents")) == told(read_all([BOTS / name], "rasa-intents"))


def told(dialogues: list[Dialogue]) -> list[tuple[str, object]]:
    return [(dialogue.id, dialogue.turns) for dialogue in dialogues]
