"""Distractors: hard passages that may stand beside the oracle: they do not hold the answer."""

from checks.distractors.choosing import Placed, Relation, arrange, choose
from checks.distractors.support import Answered

__all__ = ["Answered", "Placed", "Relation", "arrange", "choose"]
