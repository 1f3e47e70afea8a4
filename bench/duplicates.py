"""How well near-duplicates are found: recall of paraphrases, and false alarms, on labelled pairs.

    python -m bench.duplicates PAIRS.jsonl [--embeddings openai:NAME@http://127.0.0.1:8000/v1]
    python -m bench.duplicates --scale 100000

A line is {"a": {"question", "evidence", "answer"}, "b": {…}, "duplicate": true or false}; evidence
and answer may be missing, and "language" may be given. The labels say what counts. Every pair is
judged as if it stood alone in a dataset whose words are those of the file.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.duplicates_scale import measure, peak_megabytes
from bench.intervals import wilson
from checks.duplicates import Asked, repeated_pairs
from tools.embeddings import open_embedder
from tools.language import detect
from tools.patience import Patience
from tools.redact import Redactor

_WORD = re.compile(r"\w+")
_SAME_EVIDENCE = 0.8
_Vectors = list[list[float]]


class PairsError(Exception):
    """The pairs cannot be read; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two rows and what the label says of them."""

    a: Asked
    b: Asked
    duplicate: bool

    @property
    def same_evidence(self) -> bool:
        """Whether nearly all words of the shorter evidence stand in the longer one."""
        one, other = (set(_WORD.findall(" ".join(r.evidence).casefold())) for r in (self.a, self.b))
        return len(one & other) >= _SAME_EVIDENCE * max(1, min(len(one), len(other)))


def read_pairs(path: Path) -> list[Pair]:
    """Return the pairs of a file.

    Raises:
        PairsError: it cannot be read, or a line of it is no labelled pair.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise PairsError(f"The pairs {path} cannot be read: {error}.") from error
    return [_pair(line, f"{path}:{at}") for at, line in enumerate(lines, 1) if line.strip()]


def _pair(line: str, place: str) -> Pair:
    try:
        content: dict[str, Any] = json.loads(line)
        duplicate = content["duplicate"]
        if not isinstance(duplicate, bool):
            raise TypeError
        rows = [_row(content[side], f"{place} {side}") for side in ("a", "b")]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PairsError(
            f'{place} is no pair: write {{"a": {{"question": "…", "evidence": "…", "answer": "…"}},'
            ' "b": {…}, "duplicate": true}.'
        ) from error
    a, b = _in_one_language(rows)
    return Pair(a, b, duplicate)


def _row(content: dict[str, Any], place: str) -> Asked:
    question, evidence, answer = (content.get(k) or "" for k in ("question", "evidence", "answer"))
    quotes: Sequence[str] = [evidence] if isinstance(evidence, str) else evidence
    language = content.get("language") or ""
    if not all(isinstance(text, str) for text in (question, answer, language, *quotes)):
        raise TypeError
    return Asked(place, question, tuple(quotes), answer, language)


def _in_one_language(rows: Sequence[Asked]) -> Iterator[Asked]:
    """Yield the rows in their stated language, or in that of all their text together."""
    said = [text for row in rows for text in (row.question, *row.evidence, row.answer)]
    found = detect("\n".join(said)) or "en"
    for row in rows:
        yield Asked(row.id, row.question, row.evidence, row.answer, row.language or found)


def shown(found: Iterable[bool]) -> str:
    """Return a share with its bounds."""
    judged = list(found)
    if not judged:
        return "none to judge"
    low, high = wilson(sum(judged), len(judged))
    share = sum(judged) / len(judged)
    return f"{share:6.1%} [{low:.1%}, {high:.1%}] of {len(judged)}"


def _without(row: Asked, *, evidence: bool, answer: bool) -> Asked:
    quotes = row.evidence if evidence else ()
    return Asked(row.id, row.question, quotes, row.answer if answer else "", row.language)


def judge(
    pairs: Sequence[Pair], *, evidence: bool, answer: bool, vectors: _Vectors | None
) -> list[bool]:
    """Return for each pair whether it is found, shown only what is named."""
    rows = [
        _without(row, evidence=evidence, answer=answer)
        for pair in pairs
        for row in (pair.a, pair.b)
    ]
    places = [(2 * at, 2 * at + 1) for at in range(len(pairs))]
    return repeated_pairs(rows, places, vectors or ())


def report(pairs: Sequence[Pair], vectors: _Vectors | None) -> Iterator[str]:
    """Yield the lines that say how well the pairs are told apart, by what is shown of them."""
    modes = (
        ("with evidence and answer", True, True),
        ("with evidence alone", True, False),
        ("on questions alone", False, False),
    )
    for name, evidence, answer in modes:
        used = [at for at, pair in enumerate(pairs) if _has(pair, evidence=evidence, answer=answer)]
        chosen = [pairs[at] for at in used]
        near = vectors and [vectors[2 * at + side] for at in used for side in (0, 1)]
        found = judge(chosen, evidence=evidence, answer=answer, vectors=near)
        yield f"{name}, {'with' if vectors else 'without'} embeddings"
        yield from _shares(chosen, found)


def _has(pair: Pair, *, evidence: bool, answer: bool) -> bool:
    rows = (pair.a, pair.b)
    return all((row.answer or not answer) and (any(row.evidence) or not evidence) for row in rows)


def _shares(pairs: Sequence[Pair], found: Sequence[bool]) -> Iterator[str]:
    judged = list(zip(pairs, found, strict=True))
    languages = sorted({pair.a.language for pair in pairs})
    yield f"  recall                          {shown(f for p, f in judged if p.duplicate)}"
    yield f"  false alarms                    {shown(f for p, f in judged if not p.duplicate)}"
    hard = [f for p, f in judged if not p.duplicate and p.same_evidence and any(p.a.evidence)]
    yield f"  false alarms, the same evidence {shown(hard)}"
    for language in languages if len(languages) > 1 else ():
        own = [(p.duplicate, f) for p, f in judged if p.a.language == language]
        yield f"  recall in {language}                    {shown(f for d, f in own if d)}"
        yield f"  false alarms in {language}              {shown(f for d, f in own if not d)}"


def embed(pairs: Sequence[Pair], spec: str) -> _Vectors:
    """Return the embeddings of both questions of each pair."""
    from dotenv import dotenv_values

    variables = {name: value for name, value in dotenv_values(".env").items() if value}
    secrets = [value for name, value in variables.items() if name.endswith(("KEY", "TOKEN"))]
    embedder = open_embedder(spec, variables, Patience(60), Redactor(secrets))
    return asyncio.run(embedder.vectors([r.question for pair in pairs for r in (pair.a, pair.b)]))


def scale(rows: int) -> Iterator[str]:
    """Yield the lines that say how time and memory grow up to so many rows."""
    measure(min(rows, 1000))
    half, half_cpu, _ = measure(rows // 2)
    yield f"{rows // 2:,} rows in {half:.1f} s, {half_cpu:.1f} s of CPU"
    whole, cpu, found = measure(rows)
    yield f"{rows:,} rows in {whole:.1f} s, {cpu:.1f} s of CPU, {peak_megabytes():.0f} MB at most"
    yield f"{found:,} duplicates; {cpu / half_cpu:.2f} times the CPU for twice the rows"


def main() -> None:
    """Print the figures for the pairs, or for so many rows."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("pairs", nargs="?", type=Path, metavar="PAIRS.jsonl")
    parser.add_argument("--embeddings", metavar="SPEC", help="provider:name[@URL]; keys from .env")
    parser.add_argument("--scale", type=int, metavar="ROWS", help="measure time and memory instead")
    options = parser.parse_args()
    if options.scale:
        print("\n".join(scale(options.scale)))
        return
    if not options.pairs:
        parser.error("name a file of pairs, or --scale ROWS")
    try:
        pairs = read_pairs(options.pairs)
    except PairsError as error:
        sys.exit(str(error))
    print(f"{sum(p.duplicate for p in pairs)} duplicates among {len(pairs)} pairs")
    print("\n".join(report(pairs, None)))
    if options.embeddings:
        print("\n".join(report(pairs, embed(pairs, options.embeddings))))
    else:
        print("with embeddings: not measured, since none were given (--embeddings provider:name)")


if __name__ == "__main__":
    main()
