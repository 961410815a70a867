"""Stories in two versions: as words in a folder `e2e*`, as intents and actions in `modular*`.

So are the dialogues of Vlasov, Mosig and Nichol, 'Dialogue Transformers' (2019). Words of the one
and actions of the other are joined turn by turn. Of the slots only those count that the domain
beside the words declares: what is known without understanding the user, such as what a database
returned.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cueline.corpus.account import Account
from cueline.corpus.files import read_bytes
from cueline.corpus.formats.rasa import markdown as rasa_markdown
from cueline.corpus.formats.rasa import yaml_records as rasa_yaml
from cueline.corpus.formats.rasa.bot import Bot, is_test
from cueline.corpus.formats.rasa.domain import Domain
from cueline.corpus.formats.rasa.story import Step, Story, UserUttered
from cueline.errors import Place, corpus_error

WORDS, ACTIONS = "e2e", "modular"


def bot(path: Path, account: Account) -> Bot | None:
    """The bot in the folder `path` or with the file `path`, None if there is one version."""
    folder = path.absolute() if path.is_dir() else path.absolute().parent
    if not folder.name.startswith(WORDS):
        return None
    other = folder.with_name(ACTIONS + folder.name.removeprefix(WORDS))
    tests = path.is_file() and is_test(Path(path.name))
    found = Bot(Place(path), tests=tests)
    found.domain = _domain(folder, account)
    for file in [path] if path.is_file() else sorted(path.glob("*.md")):
        if (other / file.name).is_file() and (tests or not is_test(Path(file.name))):
            found.stories += _joined(file, other / file.name, account)
    return found if found.stories else None


def _domain(folder: Path, account: Account) -> Domain:
    domain = Domain(slots={})
    path = folder / "domain.yml"
    if path.is_file():
        domain.add(rasa_yaml.load(path, read_bytes(path)), path, account)
    return domain


def _joined(spoken: Path, acted: Path, account: Account) -> Iterator[Story]:
    acts = {story.name: story for story in rasa_markdown.stories(acted, read_bytes(acted), account)}
    for story in rasa_markdown.stories(spoken, read_bytes(spoken), account, words=True):
        if story.name not in acts:
            raise corpus_error(story.place, f"no story of this name in {acted}")
        texts = [step.text for step in story.steps if isinstance(step, UserUttered)]
        steps = acts[story.name].steps
        if len(texts) != sum(isinstance(step, UserUttered) for step in steps):
            what = f"{len(texts)} user turns here, another number of them at {acted}"
            raise corpus_error(story.place, f"{what}:{acts[story.name].place.line}")
        yield replace(story, steps=tuple(_spoken(steps, texts)))


def _spoken(steps: tuple[Step, ...], texts: list[str | None]) -> Iterator[Step]:
    words = iter(texts)
    for step in steps:
        yield step._replace(text=next(words), spans=()) if isinstance(step, UserUttered) else step
