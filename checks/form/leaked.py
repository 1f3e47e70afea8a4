"""Leaked: what of a prompt, a chat or a reply's wrapping stands in a text that should be prose.

`form` asks for `leak` on questions and answers. Manuals are never asked about: their own words
may be tags or JSON.
"""

from __future__ import annotations

import re
from functools import cache

from checks.words import pattern, words
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
_FIELDS = (
    "abstained|answer|citations?|coverage|difficulty|faithfulness|instructions|kind|missing"
    "|passage_id|question|quote|reasons|relevance|text"
)
_JSON = re.compile(
    rf'\A\s*[\[{{]\s*[{{"\]}}]|[\'"](?:{_FIELDS})[\'"]\s*:|(?<=[.;!?])\\n|(?<=\w\w:)\\n'
)
_PASSAGE_ID = re.compile(r"\b[0-9a-f]{12}:\d+-\d+\b")
_PLACEHOLDER = re.compile(r"\W*(?:null|n/?a|nan|undefined|todo|tbd)\W*", re.IGNORECASE)


def leak(text: str, language: str) -> str | None:
    """Return the first words of a text that come from a prompt, a chat or a wrapping.

    Without a language only marks count, no words: "the passage does not say" may be meant.
    """
    prose = _CODE.sub(" ", _LISTING.sub(" ", text))
    wrapped = (_CHAT, _BRACES, _JSON, _PASSAGE_ID, _FENCE, TAG)
    # Prompts and models slip into English whatever the language of a manual is.
    spoken = (pattern("leaks", each) for each in dict.fromkeys((language, "en")) if language)
    found = (each.search(prose) for each in (*wrapped, _labels(), *spoken) if each)
    return next((match.group().strip() for match in found if match), None)


def is_placeholder(text: str) -> bool:
    """Say whether the text stands where a model had nothing to say: no word, "N/A", "null"."""
    return not any(map(str.isalnum, text)) or _PLACEHOLDER.fullmatch(text) is not None


@cache
def _labels() -> re.Pattern[str]:
    """Return what finds "Question:" or "Example 1:" before a text, a line or a sentence."""
    plain, numbered = (
        "|".join(sorted({label for labels in words()[kind].values() for label in labels}))
        for kind in ("labels", "numbered_labels")
    )
    label = rf"(?:(?:{plain})|(?:{numbered})\s*\#?\d+)[*_]*\s*:|(?:{numbered})\s+\d+\s*$"
    turns = r"^\W*Q\s*\d*\s*[:.)](?s:.)*?^\W*A\s*\d*\s*[:.)]"
    return re.compile(
        rf"(?:^[\W_]*|(?<=[.?!]\s)[*_#\"“]*)(?:{label})|{turns}", re.IGNORECASE | re.MULTILINE
    )
