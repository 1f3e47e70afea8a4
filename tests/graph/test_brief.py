"""The brief: read whole, complained about at once, written out in full."""

import pytest
import yaml

from graph.brief import Brief, BriefError, dump_brief, load_brief, read_brief


def test_every_complaint_comes_at_once():
    with pytest.raises(BriefError) as caught:
        read_brief({"rows": 0, "colour": "red", "thresholds": {"relevance": 11}}, "brief.yaml")
    said = str(caught.value)
    assert all(name in said for name in ("rows", "colour", "thresholds.relevance"))


def test_brief_survives_being_written(tmp_path):
    brief = Brief(rows=7, topics=["uso e manutenzione"], languages=["it"])
    path = tmp_path / "brief.yaml"
    path.write_text(dump_brief(brief), encoding="utf-8")
    assert load_brief(path) == brief


def test_empty_brief_is_the_default(tmp_path):
    path = tmp_path / "brief.yaml"
    path.write_text("# nothing yet\n", encoding="utf-8")
    assert load_brief(path) == Brief()


@pytest.mark.parametrize("content", ["rows: [", "- 1\n- 2\n"])
def test_broken_brief_is_a_sentence(tmp_path, content):
    path = tmp_path / "brief.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(BriefError, match=r"brief\.yaml"):
        load_brief(path)


def test_limits_default_by_rows_wanted():
    limits = read_brief({"rows": 10}, "b").limits
    assert limits.calls_for(10) == 400
    assert yaml.safe_load(dump_brief(Brief()))["limits"]["calls"] is None
