"""Said: a pattern is tried only where its lists have a word, so each must need all it names."""

import re

import pytest

from checks.form.said import known, said

KINDS = ("deictic", "pointers", "leaks")
PATTERNS = [
    (language, pattern)
    for kind in KINDS
    for language, patterns in known()[kind].items()
    for pattern in patterns
]


def outside_of_brackets(pattern):
    """Return what of a pattern stands in no brackets and no set."""
    plain = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]])*\]", "x", pattern)
    while plain != (plain := re.sub(r"\([^()]*\)", "x", plain)):
        pass
    return plain


def test_patterns_are_many():
    assert len(PATTERNS) > 100


@pytest.mark.parametrize(("language", "pattern"), PATTERNS)
def test_patterns_need_their_lists(language, pattern):
    named = re.findall(r"\{([a-z]+)\}", pattern)
    plain = outside_of_brackets(pattern)
    assert named
    assert re.findall(r"\{([a-z]+)\}(?![?*{])", plain) == named
    assert "|" not in plain


@pytest.mark.parametrize("language", known()["lists"])
def test_no_list_is_idle(language):
    patterns = " ".join(pattern for each, pattern in PATTERNS if each == language)
    assert [name for name in known()["lists"][language] if f"{{{name}}}" not in patterns] == []


def test_unknown_languages_say_nothing():
    assert said("deictic", "the table above", "ja") is None


def test_words_without_their_pattern_pass():
    assert said("deictic", "The table turns by 90 degrees.", "en") is None
    assert said("deictic", "See the table above.", "en").group() == "table above"
