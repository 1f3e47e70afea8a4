"""How many false answers the check of facts lets through, and how many true ones it rejects.

    python -m bench.mutations DIR [--seed N] [--limit 1000] [--examples N] [--json]

The factual sentences and table rows of a folder's manuals are true answers; each kind of mutation
changes one thing in them, and their paraphrases say the same in other words. The evidence is the
passages in which the truth stands. Nothing of `checks` but the function that is measured is used:
targets, word lists, units and siblings are the bench's own. Mutants that may be true after all are
skipped and counted (`bench.falsehood` says how that is told). Intervals are Wilson's, 95 %.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from bench.answers import mutant_pools, true_answers
from bench.falsehood import may_be_true
from bench.mutants import Mutant
from bench.mutation_table import Measured, Share, as_json, show
from bench.truths import Folder, Truth, distinct, read_truths, without_listings
from checks.facts import unsupported
from tools.documents import DocumentError
from tools.machines import MachineDirectoryError

_DIGIT_WORD = re.compile(r"\S*\d\S*")

Step = Callable[[str], None]


def measure(
    root: Path, *, seed: int, limit: int, examples: int, on_kind: Callable[[str, int], Step]
) -> Measured:
    """Measure a folder; `on_kind(kind, total)` returns what is called at each answer checked."""
    folder = read_truths(root)
    pools = mutant_pools(root, folder, seed)
    mutants: dict[str, Share] = {}
    for kind, pool in pools.items():
        mutants[kind] = share = Share()
        step = on_kind(kind, min(limit, len(pool)))
        for each in pool:
            if share.total == limit:
                break
            if may_be_true(each):
                share.skipped += 1
                continue
            _judge(share, each.text, each.truth, examples, wrong_is_accepted=True)
            step(kind)
    truths: dict[str, Share] = {}
    for kind, answers in true_answers(distinct(folder.truths), seed).items():
        truths[kind] = share = Share()
        step = on_kind(kind, min(limit, len(answers)))
        for each in answers[:limit]:
            _judge(share, each.text, each.truth, examples, wrong_is_accepted=False)
            step(kind)
    return _with_words(folder, pools, mutants, truths)


def _judge(share: Share, text: str, truth: Truth, most: int, *, wrong_is_accepted: bool) -> None:
    findings = unsupported(text, truth.evidence, truth.language)
    share.add(truth.language, rejected=bool(findings))
    if bool(findings) != wrong_is_accepted and len(share.examples) < most:
        said = " ".join(finding.sentence for finding in findings)
        share.examples.append(
            {"answer": text, "truth": truth.text, "document": truth.document, "finding": said}
        )


def _with_words(
    folder: Folder,
    pools: Mapping[str, Sequence[Mutant]],
    mutants: dict[str, Share],
    truths: dict[str, Share],
) -> Measured:
    changed: dict[str, set[int]] = defaultdict(set)
    for each in (each for pool in pools.values() for each in pool):
        for start, end in each.spans:
            changed[each.truth.text].update(range(start, end))
    found = [
        (word[0], changed[truth.text].isdisjoint(range(*word.span())))
        for truth in distinct(folder.truths)
        for word in _DIGIT_WORD.finditer(truth.text)
    ]
    said = {_bare(word) for word, _ in found}
    everywhere = Counter(_bare(word) for word in _words_of(folder))
    outside = Counter({word: n for word, n in everywhere.items() if word not in said})
    never = Counter(word for word, is_never in found if is_never)
    return Measured(mutants, truths, len(found), never, len(everywhere), outside)


def _words_of(folder: Folder) -> Iterator[str]:
    for passages in folder.documents.values():
        for passage in passages:
            yield from _DIGIT_WORD.findall(without_listings(passage.text))


def _bare(word: str) -> str:
    return word.strip("|.,;:!?()[]{}\"'“”«»*_`")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure the folder named on the command line."""
    options = _parser().parse_args(arguments)
    errors = Console(stderr=True)
    with Progress(
        TextColumn("{task.description:28}"),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=errors,
        transient=True,
    ) as progress:
        line = progress.add_task("reading", total=None)

        def on_kind(kind: str, total: int) -> Step:
            progress.reset(line, description=kind, total=total)
            return lambda _: progress.advance(line)

        try:
            measured = measure(
                options.folder,
                seed=options.seed,
                limit=options.limit,
                examples=options.examples,
                on_kind=on_kind,
            )
        except (DocumentError, MachineDirectoryError) as error:
            sys.exit(_misuse(errors, str(error)))
    if options.json:
        print(json.dumps(as_json(measured), ensure_ascii=False))
    else:
        show(measured, Console(width=None if sys.stdout.isatty() else 140))


def _misuse(errors: Console, sentence: str) -> int:
    errors.print(sentence, markup=False, highlight=False)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of manuals")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--limit", type=_count, default=1000, help="answers of each kind at most")
    parser.add_argument("--examples", type=_count, default=0, help="errors of each kind to show")
    parser.add_argument("--json", action="store_true", help="one JSON object instead of tables")
    return parser


def _count(text: str) -> int:
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text} is no number of answers.")
    return int(text)


if __name__ == "__main__":
    main()
