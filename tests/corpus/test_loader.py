from __future__ import annotations

from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import pytest

from cueline.corpus import FORMATS, read, read_all
from cueline.corpus.account import NEVER_ACTS, Account
from cueline.corpus.sample import Sample
from cueline.errors import CorpusError
from tests.corpus.dialects.streams import flips
from tests.corpus.dialects.writers import WRITERS
from tests.corpus.formats.tables.writing import write_xlsx

FILES = {
    "jsonl": b'{"id": "d", "turns": [{"user": "a", "actions": ["x"]}]}\n',
    "babi": b"1 hello\thi there\n2 <SILENCE>\tapi_call rome\n",
    "openai": b'{"messages": [{"role": "user", "content": "a"},'
    b' {"role": "assistant", "content": "b"}]}',
    "sgd": b'{"dialogue_id": "d", "turns": [{"speaker": "USER", "utterance": "a"},'
    b' {"speaker": "SYSTEM", "utterance": "b", "actions": [{"act": "INFORM"}]}]}',
    "multiwoz": b'{"dialogue_id": "d", "turns": [{"turn_id": "0", "speaker": "USER",'
    b' "utterance": "a"}, {"turn_id": "1", "speaker": "SYSTEM", "utterance": "b"}]}',
    "convlab": b'{"dialogue_id": "d", "turns": [{"speaker": "user", "utterance": "a",'
    b' "utt_idx": 0}, {"speaker": "system", "utterance": "b", "utt_idx": 1}]}',
    "sim": b'{"dialogue_id": "d", "turns": [{"user_utterance": {"text": "a"},'
    b' "dialogue_state": []}, {"user_utterance": {}, "system_acts": [{"type": "A"}]}]}',
    "otel": b'{"attributes": {"gen_ai.output.messages": [{"role": "assistant",'
    b' "parts": [{"type": "text", "content": "b"}]}]}, "traceId": "t"}',
    "anthropic": b'{"messages": [{"role": "assistant", "content": [{"type": "tool_use",'
    b' "name": "find", "input": {}}]}]}',
    "responses": b'[{"role": "user", "content": "a"},'
    b' {"type": "function_call", "name": "find", "arguments": "{}"}]',
    "sharegpt": b'{"conversations": [{"from": "human", "value": "a"},'
    b' {"from": "gpt", "value": "b"}]}',
    "glaive": b'{"chat": "USER: a\\n\\n\\nASSISTANT: b <|endoftext|>"}',
    "assistants": b'{"object": "list", "data": [{"object": "thread.message", "role": "assistant",'
    b' "content": [{"type": "text", "text": {"value": "b"}}]}]}',
    "xlam": b'{"query": "a", "answers": [{"name": "f"}], "tools": ["f"]}',
    "rasa": b"stories:\n- story: s\n  steps: [{intent: a}, {action: b}]\n",
    "rasa-tracker": b'{"sender_id": "d", "events": [{"event": "user", "text": "a"},'
    b' {"event": "action", "name": "b"}]}',
    "csv": b"dialogue,user,actions\nd,a,b\n",
}
WRITTEN = {"langchain-flat": "langchain", "ai-sdk-model": "ai-sdk", "langsmith-runs": "langsmith"}
FILES = {
    WRITTEN.get(name, name): writer.content([flips(1)[0]])
    for name, writer in WRITERS.items()
    if WRITTEN.get(name, name) in FORMATS
} | FILES
if find_spec("pyarrow"):
    from pyarrow import BufferOutputStream, parquet, table

    written = BufferOutputStream()
    parquet.write_table(table({"dialogue": ["d"], "actions": [["a"]]}), written)
    FILES["parquet"] = written.getvalue().to_pybytes()
if find_spec("python_calamine"):
    book = BytesIO()
    write_xlsx(book, [{"dialogue": "d", "actions": "a"}])
    FILES["xlsx"] = book.getvalue()


def file(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_every_format_has_an_example_here() -> None:
    assert FILES.keys() | {"parquet", "xlsx"} == FORMATS.keys()


@pytest.mark.parametrize("format", FILES)
@pytest.mark.parametrize("suffix", ["", ".txt", ".json", ".jsonl"])
def test_a_format_is_recognised_by_content(format: str, suffix: str, tmp_path: Path) -> None:
    file(tmp_path, "dialog_acts.json", b'{"d": {}}')
    path = file(tmp_path, f"corpus{suffix}", FILES[format])
    assert read_all([path]) == list(FORMATS[format].read(path))
    assert read_all([str(path)], format) == read_all([path])


ALSO = {
    **{name: [name, "openai"] for name in ("anthropic", "responses", "bedrock", "ai-sdk")},
    **{name: [name, "openai"] for name in ("ai-sdk-ui", "llamaindex", "ollama", "cohere")},
    "mistral": ["mistral", "openai"],
    "openinference": ["openinference", "otel"],
    "claude-code": ["claude-code", "anthropic", "openai"],
}
"""Formats whose files look like those of another, which is asked later."""


@pytest.mark.parametrize("format", FILES)
def test_no_other_format_goes_before_the_right_one(format: str, tmp_path: Path) -> None:
    sample = Sample(file(tmp_path, "corpus", FILES[format]))
    takers = [name for name, other in FORMATS.items() if other.recognises(sample)]
    assert takers == ALSO.get(format, [format])


def test_a_file_may_mix_dialects_record_by_record(tmp_path: Path) -> None:
    names = ("openai", "anthropic", "sharegpt", "glaive", "xlam")
    path = file(tmp_path, "mixed.jsonl", b"\n".join(FILES[name] for name in names))
    one_by_one = [
        read_all([file(tmp_path, f"{name}.jsonl", FILES[name])])[0].turns for name in names
    ]
    assert [dialogue.turns for dialogue in read_all(path)] == one_by_one


def test_a_record_without_messages_is_counted_wherever_it_stands(tmp_path: Path) -> None:
    empty, spoken = b'{"messages": []}', FILES["openai"]
    for records in ([empty, spoken], [spoken, empty]):
        account = Account()
        path = file(tmp_path, "log.jsonl", b"\n".join(records))
        assert len(read_all([path], account=account)) == 1
        assert account.left_out[NEVER_ACTS].count == 1


def test_a_record_is_looked_at_whole_whatever_its_length(tmp_path: Path) -> None:
    long = b'{"role": "user", "content": "' + b"a" * 100_000 + b'"}, '
    path = file(tmp_path, "long.jsonl", FILES["anthropic"].replace(b"[{", b"[" + long + b"{", 1))
    assert read_all(path)[0].turns[0].actions == ("find",)


def test_one_path_is_a_corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = file(tmp_path, "train.jsonl", FILES["jsonl"])
    monkeypatch.chdir(tmp_path)
    assert read_all("train.jsonl") == read_all(path) == read_all([path])


def test_a_view_is_read_only_when_it_is_named(tmp_path: Path) -> None:
    content = FILES["sgd"].replace(b'"INFORM"', b'"INFORM", "slot": "x"')
    path = file(tmp_path, "corpus.json", content)
    assert read_all([path])[0].turns[0].actions == ("INFORM",)
    assert read_all([path], "sgd-slots")[0].turns[0].actions == ("INFORM(x)",)


def test_a_named_format_passes_over_the_others_in_a_folder(tmp_path: Path) -> None:
    file(tmp_path, "dialog_acts.json", b'{"d": {}}')
    for format, content in FILES.items():
        file(tmp_path, f"{format}.txt", content)
    for format in FILES:
        assert read_all([tmp_path], format) == read_all([tmp_path / f"{format}.txt"], format)


def test_a_folder_is_its_files_in_order_and_nothing_else(tmp_path: Path) -> None:
    for place, format in {"b/1.jsonl": "jsonl", "a/2.txt": "babi", "c.json": "openai"}.items():
        file(tmp_path, place, FILES[format])
    file(tmp_path, "README.md", b"# A corpus\n")
    file(tmp_path, "picture.png", bytes(range(256)))
    assert [dialogue.id for dialogue in read([tmp_path])] == ["2-1", "d", "c-1"]


def test_corpora_follow_each_other(tmp_path: Path) -> None:
    path = file(tmp_path, "d.jsonl", FILES["jsonl"])
    assert len(read_all([path, tmp_path, path])) == 3


def test_reading_is_lazy(tmp_path: Path) -> None:
    good = file(tmp_path, "good.jsonl", FILES["jsonl"])
    dialogues = read([good, tmp_path / "absent.jsonl"])
    assert next(dialogues).id == "d"
    with pytest.raises(CorpusError, match="absent.jsonl: no such file or folder"):
        next(dialogues)


BAD = {
    "empty": ("d.jsonl", b"", None, "d.jsonl: the file is empty"),
    "blank": ("d.txt", b"\n\n ", None, "d.txt: the file is empty"),
    "blank, named": ("d.jsonl", b"\n\n", "jsonl", "d.jsonl: no dialogue in it; give a corpus"),
    "unknown": (
        "d.md",
        b"# Hello",
        None,
        r"d.md: not in a format .*; `cueline formats` lists what is read; .*",
    ),
    "no such format": ("d.md", b"x", "yaml", "no format 'yaml'; the formats are .*jsonl, .*babi"),
    "broken JSON lines": ("d.jsonl", b'{"id": 3', None, "d.jsonl:1: "),
    "binary": ("d.bin", bytes(range(256)), None, "d.bin: not a text, and not in a format"),
    "UTF-16": ("d.jsonl", '{"id": "d"}'.encode("utf-16"), None, "d.jsonl: encoded in UTF-16; save"),
    "foreign": (
        "d.jsonl",
        b'{"instruction": "a", "output": "b"}',
        None,
        "d.jsonl: JSON that .* the keys `instruction`, `output`, as instructions with answers",
    ),
    "foreign turns": (
        "d.jsonl",
        b'{"id": "d", "turns": [{"speaker": "a", "text": "b"}]}',
        None,
        "d.jsonl: JSON that is in no format that is recognised: it has the keys `id`, `turns`",
    ),
    "an archive": ("d.zip", b"PK\x03\x04", None, "d.zip: a zip archive; unpack it first"),
    "foreign roles": (
        "d.jsonl",
        b'{"messages": [{"role": "User", "content": "a"}, {"role": "Wizard", "content": "b"}]}',
        None,
        "d.jsonl: JSON that holds messages of roles that .*: `user`, `wizard`",
    ),
    "messages without roles": (
        "d.jsonl",
        b'{"messages": [{"author": "a", "words": "b"}]}',
        None,
        "d.jsonl: JSON that .* has the keys `messages`, and its messages have `author`, `words`",
    ),
    "numbers": ("d.json", b"[1, 2]", None, "d.json: JSON that holds no objects"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_read_is_said_in_one_line(case: str, tmp_path: Path) -> None:
    name, content, format, message = BAD[case]
    with pytest.raises(CorpusError, match=message) as error:
        read_all([file(tmp_path, name, content)], format)
    assert "\n" not in str(error.value)


def test_a_folder_without_a_corpus_is_an_error(tmp_path: Path) -> None:
    file(tmp_path, "README.md", b"# A corpus\n")
    with pytest.raises(CorpusError, match="no dialogue in it"):
        read_all([tmp_path])


def test_what_the_system_cannot_open_is_a_corpus_error(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match="cannot be read: File name too long"):
        read_all([tmp_path / ("x" * 300)])


FOUND = {
    "babi": "babi",
    "glaive_toolcall": "sharegpt",
    "rasa_bots": "rasa",
    "sgd": "sgd",
    "sim_dialogue": "sim",
    "tau_bench": "openai",
    "ted_multiwoz": "rasa",
}


@pytest.mark.parametrize("folder", FOUND)
def test_every_real_corpus_is_recognised(folder: str, corpora: Path) -> None:
    recognised = next(read([corpora / folder]))
    assert recognised == next(read([corpora / folder], FOUND[folder]))


def test_one_bad_bot_does_not_stop_a_folder_of_bots(tmp_path: Path) -> None:
    for bot, stories in {
        "bad": b"stories:\n- story: a\n steps: b\n",
        "good": FILES["rasa"],
    }.items():
        file(tmp_path / bot, "domain.yml", b"intents: [a]\n")
        file(tmp_path / bot, "stories.yml", stories)
    account = Account()
    assert [dialogue.id for dialogue in read_all([tmp_path], account=account)] == ["s"]
    assert account.bad.count == 1
    assert account.bad.places[0].startswith(f"{tmp_path / 'bad' / 'stories.yml'}:3: ")
    with pytest.raises(CorpusError, match="bad/stories.yml:3: "):
        read_all([tmp_path / "bad"])
