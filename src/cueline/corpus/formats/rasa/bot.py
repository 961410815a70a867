"""A Rasa bot as a whole: its files, its domain, its NLU examples."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from cueline.corpus.account import Account
from cueline.corpus.files import read_bytes, unpacked
from cueline.corpus.formats.rasa import markdown as rasa_markdown
from cueline.corpus.formats.rasa import records as rasa_records
from cueline.corpus.formats.rasa import yaml_records as rasa_yaml
from cueline.corpus.formats.rasa.domain import KEYS, Domain
from cueline.corpus.formats.rasa.nlu import Examples
from cueline.corpus.formats.rasa.story import Story
from cueline.errors import Place

_HEAD = 65_536
_STORIES = re.compile(r"^(?:stories|rules)\s*:", re.MULTILINE)
_KNOWN = re.compile(
    rb"^(?:stories|rules|nlu|slots|intents|entities|actions|responses|forms|flows)\s*:", re.M
)
_SAYS_THEN_DOES = re.compile(r"^[*>] *\S.*\n(?:[*>] *\S.*\n)*[ \t]*- *\S", re.MULTILINE)
_MARKS = re.compile(r"[ \t]*(?:#+ |[*>] ?\S|[ \t]*-[ \t]*\S|<!--|$)")
_NLU_HEADER = re.compile(r"^## *(?:intent|synonym|regex|lookup) *:", re.MULTILINE)
_TEST = re.compile(r"tests?(?:[_.-].*)?")
_YAML = (".yml", ".yaml")
_UP = 4
"""How many folders up from a file its bot is looked for."""


@dataclass(slots=True)
class Bot:
    """What stands in the files of a bot."""

    place: Place
    """Its folder, or the one file that is read of it."""
    stories: list[Story] = field(default_factory=list)
    domain: Domain = field(default_factory=Domain)
    examples: Examples = field(default_factory=Examples)
    tests: bool = False
    """Whether the stories are test stories."""
    account: Account = field(default_factory=Account)
    """Told what is not read, and where."""
    flows: Path | None = None
    """A file with flows, as CALM bots have them in place of stories."""


def is_bot(folder: Path) -> bool:
    """Whether there is a Rasa domain in `folder`."""
    return any((folder / name).is_file() for name in ("domain.yml", "domain.yaml")) or any(
        (folder / "domain").glob("*.y*ml")
    )


def holds_stories(head: str) -> bool:
    """Whether a file that begins with `head` holds stories, in YAML or Markdown."""
    head = head.lstrip("\ufeff").replace("\r\n", "\n")
    if _STORIES.search(head):
        return head.lstrip()[:1] not in ("{", "[")
    lines = head.split("\n")[:200]
    return (
        not _NLU_HEADER.search(head)
        and head.lstrip().startswith(("#", "<!--"))
        and _SAYS_THEN_DOES.search(head) is not None
        and all(map(_MARKS.match, lines[:-1] or lines))
    )


def bot(path: Path, account: Account) -> Bot:
    """The bot in the folder `path`, without its test stories; or the stories of one file, with the
    domain and the examples of the bot that it belongs to.
    """
    if path.is_dir():
        return _gathered(path, account, lambda file: not is_test(file.relative_to(path)))
    folder = home(path)
    if folder is None:
        found = Bot(Place(path), account=account)
    else:
        found = _gathered(folder, account, lambda file: not is_test(file.relative_to(folder)))
    found.stories.clear()
    found.tests = folder is not None and is_test(path.absolute().relative_to(folder))
    content = _add_stories(found, path, read_bytes(path))
    if folder is None:
        _learn(found, content, path)
    return found


def home(path: Path) -> Path | None:
    """The folder of the bot that a file belongs to."""
    return next((folder for folder in path.absolute().parents[:_UP] if is_bot(folder)), None)


def _gathered(folder: Path, account: Account, wanted: Callable[[Path], bool]) -> Bot:
    found = Bot(Place(folder), account=account)
    for file in _files(folder):
        if wanted(file):
            _add(found, file)
    return found


def _files(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.suffix in (*_YAML, ".md", ".json") and path.is_file() and not hidden:
            yield path


def is_test(path: Path) -> bool:
    """Whether a file in a bot's folder holds test stories, by the names on the way to it."""
    return any(map(_TEST.fullmatch, path.parts))


def _add(bot: Bot, path: Path) -> None:
    """Learn what is in a file of the bot's folder, if it is anything of Rasa's."""
    text = read_bytes(path)
    head = text[:_HEAD].decode("utf-8", errors="replace")
    if path.suffix == ".json":
        if b'"rasa_nlu_data"' in text:
            bot.examples.add_json(path, text, bot.account)
    elif _KNOWN.search(text):
        _learn(bot, _add_stories(bot, path, text), path)
    elif holds_stories(head):
        _add_stories(bot, path, text)
    elif _NLU_HEADER.search(head):
        bot.examples.add_markdown(path, text)


def _add_stories(bot: Bot, path: Path, text: bytes) -> rasa_yaml.YamlMapping:
    """Learn the stories in a file that is said to hold some; return what else is in it."""
    suffix = unpacked(path).suffix
    if suffix == ".md" or (suffix not in _YAML and not _KNOWN.search(text)):
        bot.stories += rasa_markdown.stories(path, text, bot.account)
        return rasa_yaml.YamlMapping()
    content = rasa_yaml.load(path, text)
    bot.stories += rasa_records.stories(content, path, bot.account)
    return content


def _learn(bot: Bot, content: rasa_yaml.YamlMapping, path: Path) -> None:
    """Learn the examples and the domain in a YAML file."""
    bot.examples.add_yaml(content, path, bot.account)
    if "flows" in content:
        bot.flows = path
    if content.keys() & KEYS:
        bot.domain.add(content, path, bot.account)
