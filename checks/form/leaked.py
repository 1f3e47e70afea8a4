"""Leaked: what of a prompt, a chat or a reply's wrapping stands in a text that should be prose.

`form` asks for `leak` on questions and answers. Manuals are never asked about: their own words
may be tags or JSON.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain

from checks.form.said import said
from checks.words import words
from tools.markup import TAG

_CODE = re.compile(r"(?<!`)`[^`\n]+`(?!`)")
_LISTING = re.compile(r"(?<=\S)\s*\n[ \t]*```[^`]*```")
_FENCE = re.compile(r"```|~~~")
_CHAT = re.compile(
    r"<\|[a-z_]+\|>|\[/?INST\]|<</?SYS>>|</?(?:think|thinking|scratchpad|reasoning|s)>"
    r"|^#{2,}\s*(?:Instructions?|Response|Input|Output|System|User|Assistant)\b:?\s*$",
    re.IGNORECASE | re.MULTILINE,
)
_BRACES = re.compile(
    r"\{\{|\}\}|\{%|%\}"
    r"|\{(?:question|answer|context|passages?|quote|window|machine|language|scenario|text)\}"
)
_BLANK = re.compile(r"\{[^\W\d]{3,}\}")
_FIELDS = (
    "abstained|answer|citations?|coverage|difficulty|faithfulness|instructions|kind|missing"
    "|passage_id|question|quote|reasons|relevance|text"
)
_JSON = re.compile(
    rf'\A\s*[\[{{]\s*[{{"\]}}]|[\'"](?:{_FIELDS})[\'"]\s*:|(?<=[.;!?])\\n|(?<=\w\w:)\\n'
)
_PASSAGE_ID = re.compile(r"\b[0-9a-f]{12}:\d+-\d+\b")
_PLACEHOLDER = re.compile(r"\W*(?:null|n/?a|nan|undefined|todo|tbd)\W*", re.IGNORECASE)


def leak(text: str, language: str, *, known: str = "") -> str | None:
    """Return the first words of a text that come from a prompt, a chat or a wrapping.

    Without a language only marks count, no words: "the passage does not say" may be meant. A
    "{part}" may stand in `known`, what the text was made from.
    """
    prose = _CODE.sub(" ", _LISTING.sub(" ", text))
    wrapped = (_CHAT, _BRACES, _JSON, _PASSAGE_ID, _FENCE, TAG)
    # Prompts and models slip into English whatever the language of a manual is.
    spoken = dict.fromkeys((language, "en")) if language else ()
    blanks = (blank for blank in _BLANK.finditer(prose) if blank.group() not in known)
    found = chain(
        (each.search(prose) for each in (*wrapped, _labels())),
        (said("leaks", prose, each) for each in spoken),
        blanks,
    )
    return next((match.group().strip() for match in found if match), None)


def is_placeholder(text: str) -> bool:
    """Say whether the text stands where a model had nothing to say: no word, "N/A", "null"."""
    return not any(map(str.isalnum, text)) or _PLACEHOLDER.fullmatch(text) is not None


@cache
def _labels() -> re.Pattern[str]:
    """Return what finds "Question:" or "Example 1:" before a text, a line or a sentence."""
    plain, numbered, speakers = (
        "|".join(sorted({label for labels in words()[kind].values() for label in labels}))
        for kind in ("labels", "numbered_labels", "speakers")
    )
    label = rf"(?:(?:{plain})|(?:{numbered})\s*\#?\d+)[*_]*\s*:|(?:{numbered})\s+\d+\s*$"
    # "User: admin" is of a manual, a question that somebody asks is not.
    asked = rf"(?:{speakers})\s*:[^\n]*[?]"
    turns = r"^\W*Q\s*\d*\s*[:.)](?s:.)*?^\W*A\s*\d*\s*[:.)]"
    initials = r"^\W*[QDFP]\s*\d*\s*:[^\n]*[?]\s*[AR]\s*\d*\s*:"
    heading = rf"^\#+\s*(?:{plain}|{numbered})\s*$"
    tag = rf"</\s*(?:{plain})\s*>"
    return re.compile(
        rf"(?:^[\W_]*|(?<=[.?!]\s)[*_#\"“]*)(?:{label}|{asked})|{turns}|{initials}|{heading}|{tag}",
        re.IGNORECASE | re.MULTILINE,
    )
