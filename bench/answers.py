"""The answers that `bench.mutations` asks about: every mutant and every true one, by kind."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from bench.mutants import Mutant, mutant
from bench.mutated_numbers import NUMBER_MUTATIONS, digit_changed
from bench.mutated_rows import (
    EXCHANGED,
    ROW,
    exchanged,
    row_mutants,
    row_pairs,
    sentence_pairs,
)
from bench.mutated_words import WORD_MUTATIONS
from bench.paraphrases import CONVERTED, REWORDINGS, Paraphrase, paraphrases
from bench.quantities import Digits, digits_in, exact_decimals, read_literal
from bench.siblings import MENU, NAME, VALUE, menu_mutants, sibling_mutants, siblings
from bench.truths import Folder, Truth, distinct

MUTATIONS = NUMBER_MUTATIONS | WORD_MUTATIONS
MISCONVERTED, REWORDED = "converted value changed", "paraphrase mutated"
KINDS = (*MUTATIONS, EXCHANGED, ROW, VALUE, NAME, MENU, MISCONVERTED, REWORDED)
VERBATIM = ("sentence, word for word", "table row, worded")
PAIRED = ("two sentences, last first", "two rows in one answer")


def mutant_pools(root: Path, folder: Folder, seed: int) -> dict[str, list[Mutant]]:
    """Return every mutant of every kind, each kind in a seeded order."""
    truths = distinct(folder.truths)
    random = Random(f"{seed} elsewhere")
    found = [each for truth in truths for each in own_mutants(truth, seed)]
    found += row_mutants(truths, random)
    found += (each for pair in _pairs(truths, seed) for each in exchanged(pair, random))
    found += sibling_mutants(folder, siblings(root, folder))
    found += menu_mutants(truths, random)
    pools: dict[str, list[Mutant]] = {kind: [] for kind in KINDS}
    for each in {(each.kind, each.text, each.truth.evidence): each for each in found}.values():
        pools[each.kind].append(each)
    for kind, pool in pools.items():
        Random(f"{seed} {kind}").shuffle(pool)
    return pools


def own_mutants(truth: Truth, seed: int) -> Iterator[Mutant]:
    """Yield the mutants that need no other truth, those of its paraphrases included."""
    digits = digits_in(truth.text, truth.language)
    for kind, mutation in MUTATIONS.items():
        random = Random(f"{seed} {kind} {truth.text}")
        for changes in mutation(truth, digits, random):
            yield mutant(kind, truth, changes)
    random = Random(f"{seed} {REWORDED} {truth.text}")
    for each in paraphrases(truth, digits, random):
        yield from _reworded_mutants(each, random)


def _reworded_mutants(paraphrase: Paraphrase, random: Random) -> Iterator[Mutant]:
    """Yield a paraphrase with one thing changed, and with another value where it is converted."""
    truth = replace(paraphrase.truth, text=paraphrase.text)
    digits = digits_in(truth.text, truth.language)
    if paraphrase.kind == CONVERTED:
        known = {
            (each.value, each.unit) for each in digits_in(paraphrase.truth.text, truth.language)
        }
        for number in digits:
            if (number.value, number.unit) not in known:
                for changes in digit_changed(truth, [number], random):
                    if not _rounds(number, changes[0].new, truth.language):
                        yield mutant(MISCONVERTED, truth, changes)
        return
    found = [each for change in MUTATIONS.values() for each in change(truth, digits, random)]
    if found:
        yield mutant(REWORDED, truth, random.choice(found))


def _rounds(number: Digits, new: str, language: str) -> bool:
    """Tell whether the new digits are the number's value, rounded: 0.720 is 0.722 in two digits."""
    value, _, _ = read_literal(new, language)
    return round(number.value, exact_decimals(value) or 0) == value


def true_answers(truths: Sequence[Truth], seed: int) -> dict[str, list[Paraphrase]]:
    """Return the true answers of each kind, in a seeded order."""
    kinds: dict[str, list[Paraphrase]] = {kind: [] for kind in (*VERBATIM, *REWORDINGS, *PAIRED)}
    for truth in truths:
        verbatim = VERBATIM[truth.sort == "row"]
        kinds[verbatim].append(Paraphrase(verbatim, truth.text, truth))
        random = Random(f"{seed} {truth.text}")
        for each in paraphrases(truth, digits_in(truth.text, truth.language), random):
            kinds[each.kind].append(each)
    for pair in _pairs(truths, seed):
        kind = PAIRED[pair.sort == "row"]
        kinds[kind].append(Paraphrase(kind, pair.text, pair))
    for kind, answers in kinds.items():
        Random(f"{seed} {kind}").shuffle(answers)
    return kinds


def _pairs(truths: Sequence[Truth], seed: int) -> Iterator[Truth]:
    yield from row_pairs(truths, Random(f"{seed} pairs"))
    yield from sentence_pairs(truths)
