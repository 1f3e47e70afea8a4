"""Advice: what to change when most candidates end for one reason."""

from __future__ import annotations

_LOW = "Scores are below `thresholds` in brief.yaml: lower them, or name another model"
_ANSWER = "The answers do not hold: name a stronger answerer (--answerer)."
_MACHINE = "Questions do not fit their machines: check the names in machines.csv."
_PREFIXES = (
    ("low_faithfulness", f"{_LOW} (--answerer)."),
    ("low_completeness", f"{_LOW} (--answerer)."),
    ("low_", f"{_LOW} (--generator)."),
    (
        "nothing_to_ask",
        "The windows hold too little to ask about: set `windows` in brief.yaml larger, and look in "
        "the run's documents/ whether the manuals were read well.",
    ),
    (
        "unanswered",
        "The answerer does not find what was asked: name a stronger one (--answerer), or check "
        "that the index holds these manuals.",
    ),
    (
        "no_context",
        "No passage can stand beside answers: set `distractors` to 0 or add manuals.",
    ),
    ("no_citation", _ANSWER),
    ("unknown_passage", _ANSWER),
    ("quote_not_found", "Quotes are not the manuals' own words: name a stronger model."),
    ("not_verbatim", _ANSWER),
    ("unsupported", _ANSWER),
    ("wrong_language", "Questions are in another language than the manuals: name another model."),
    ("machine_missing", _MACHINE),
    ("ambiguous_machine", _MACHINE),
    ("unknown_machine", _MACHINE),
    ("known_name", _MACHINE),
    ("wrong_machine", _MACHINE),
    (
        "too_long",
        "Prompts are longer than the model takes: set `windows` in brief.yaml smaller, or name a "
        "model with a longer context.",
    ),
    (
        "duplicate",
        "Questions repeat each other: add manuals, or ask for fewer rows.",
    ),
)


def advice(reason: str) -> str:
    """Return what to change when candidates are dropped for this reason."""
    if reason.endswith("_unreadable"):
        return (
            "The model's replies cannot be read, or its server refuses these prompts: name one "
            "that takes them and keeps to a JSON schema, or set `output_tokens` in officina.yaml "
            "higher."
        )
    found = (said for prefix, said in _PREFIXES if reason.startswith(prefix))
    return next(found, "The model's questions do not hold: name a stronger one (--model).")
