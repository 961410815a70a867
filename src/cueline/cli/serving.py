"""Commands of the service."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from cueline.cli.reading import DEFAULT, CorpusPath, Many, Reading, spread
from cueline.errors import CuelineError

STORE = "sqlite:cueline.db"
Stored = Annotated[str, Parameter(env_var="CUELINE_STORE")]


def serve(
    policy: Path,
    *,
    store: Stored = STORE,
    host: str = "127.0.0.1",
    port: int = 8000,
    keys: Path | None = None,
    policies: Path | None = None,
    config: Path | None = None,
    log_text: bool = False,
    risk: float | None = None,
    coverage: float | None = None,
    corpus: Annotated[tuple[CorpusPath, ...], Many] = (),
    curve: Path | None = None,
    teach: bool = False,
    upstream: str | None = None,
    upstream_model: str | None = None,
    audit: float = 0.0,
    auditor: Literal["upstream", "person"] = "upstream",
    shadow: bool = False,
    record: bool = False,
    reading: Reading = DEFAULT,
) -> None:
    """Run a policy as a service.

    https://github.com/cueline/cueline/blob/main/docs/live.md has the rest.

    Parameters
    ----------
    policy
        The policy's folder.
    store
        Where dialogues are kept: memory:, sqlite:FILE, postgresql://..., redis://..., or @FILE with
        such a URL in it, for one with a password.
    host
        The address to listen on; any but a loopback one needs keys.
    port
        The port to listen on; 0 is any that is free.
    keys
        The file of API keys, which `cueline key` makes.
    policies
        A folder of more policies, to swap to while the service runs.
    config
        Limits and the gate for new policies, in TOML.
    log_text
        Log what users say, too.
    risk
        The share of wrong ones that is bearable among sure decisions (0.05 unless chosen).
    coverage
        The share of turns at which candidates should hold the right set (0.9 unless chosen).
    corpus
        Dialogues to look at on the page.
    curve
        What `cueline curve` wrote, to draw on the page.
    teach
        Let the page train the policy further on what was corrected.
    upstream
        The base URL of a model that speaks OpenAI's API; turns of agents that are not sure go
        there. Its key is taken from the environment: CUELINE_UPSTREAM_KEY.
    upstream_model
        The model to ask for there, whatever the caller asks for.
    audit
        The share of sure turns that go there too, to see that as few are wrong as promised.
    auditor
        Who sees to that: the upstream, or a person on the page, afterwards; that wants --record.
    shadow
        Send every turn there, and only see what would have been answered here.
    record
        Keep turns of agents, what was said and done, for `cueline collect`.
    """
    needs_extra()
    from cueline.server.command import serve
    from cueline.server.upstream.settings import CascadeOptions

    serve(
        policy,
        store=store,
        host=host,
        port=port,
        keys=keys,
        policies=policies,
        config=config,
        log_text=log_text,
        risk=risk,
        coverage=coverage,
        corpus=corpus,
        curve=curve,
        teach=teach,
        options=reading.options(),
        cascade=CascadeOptions.of(upstream, upstream_model, audit, shadow, record, auditor),
    )


def replay(
    *policy: Path,
    store: Stored = STORE,
    tolerance: float = 0.0,
    heads: Path | None = None,
    against: Path | None = None,
    ray: str | None = None,
) -> int:
    """Recompute every stored decision and say which differ; exit code 1 if any does.

    Parameters
    ----------
    policy
        The folders of the policies that decided.
    store
        Where the dialogues are kept.
    tolerance
        How far probabilities may differ: another processor may round the last bit another way.
    heads
        A file that `cueline collect --heads` wrote: what was stored then must be there still.
    against
        A policy that did not decide: say how often it would have decided the same, and how often as
        was corrected. Without others, nothing is recomputed.
    ray
        Recompute on the Ray cluster at that address; `local` starts one here.
    """
    needs_extra()
    from cueline.server.command import replay

    with spread(ray) as mapped:
        report = replay(
            policy, store=store, tolerance=tolerance, heads=heads, against=against, mapped=mapped
        )
    print(f"{report.decisions:,} decisions of {report.dialogues:,} dialogues recomputed")
    if (seen := report.against) is not None:
        print(f"{against}: decides as was decided at {_of(seen.agreed, seen.turns)} turns")
        print(f"{against}: right at {_of(seen.corrected_right, seen.corrected)} corrected turns")
    for difference in report.differences:
        print(f"differs: {difference}")
    if report.gone:
        print(f"{report.gone:,} dialogues of {heads} are gone: erased, or expired")
    for name, count in report.missing.items():
        print(f"not recomputed: {count:,} decisions by policy {name}, which was not given")
    return 0 if report.clean else 1


def collect(
    out: Path, *, store: Stored = STORE, corrected: bool = False, heads: Path | None = None
) -> None:
    """Write the dialogues of a store as a corpus, the corrected turns corrected.

    `cueline train OUT --from POLICY` then learns the corrections.

    Parameters
    ----------
    out
        The corpus to write, which ends in .jsonl.
    store
        Where the dialogues are kept.
    corrected
        Only dialogues that someone corrected.
    heads
        Write the last hash of each dialogue here, to hold a later `cueline replay --heads` to.
    """
    if out.suffix != ".jsonl":
        raise CuelineError(f"{out}: name the corpus to write, OUT.jsonl")
    needs_extra()
    from cueline.server.command import collect

    print(f"{out}: {collect(out, store=store, corrected=corrected, heads=heads)} dialogues")


def key(
    file: Path,
    name: str,
    *,
    scopes: Annotated[tuple[Literal["act", "read", "erase", "admin"], ...], Many] = ("act", "read"),
) -> None:
    """Make an API key; it is printed this once, and the file keeps only its hash.

    Parameters
    ----------
    file
        The file of keys.
    name
        Whose key it is.
    scopes
        What it may do.
    """
    needs_extra()
    from cueline.server.command import key

    print(key(file, name, scopes))


def _of(part: int, whole: int) -> str:
    share = f" ({part / whole:.1%})" if whole else ""
    return f"{part:,} of {whole:,}{share}"


def needs_extra() -> None:
    """Raise `CuelineError` where what the service needs is not installed."""
    from importlib.util import find_spec

    if not find_spec("starlette"):
        raise CuelineError("the service needs more packages; pip install 'cueline[serve]'")
