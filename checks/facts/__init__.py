"""Facts: the numbers, codes, paths and denials of an answer, and whether its evidence has them."""

from checks.facts.judging import unsupported
from checks.facts.literals import numbers
from checks.facts.quantities import Number, same_fact

__all__ = ["Number", "numbers", "same_fact", "unsupported"]
