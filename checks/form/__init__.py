"""Form: whether a question and an answer are well made, before any model judges them."""

from checks.form.rules import answer_findings, question_findings

__all__ = ["answer_findings", "question_findings"]
