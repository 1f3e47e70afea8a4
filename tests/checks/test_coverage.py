"""Coverage of sections by accepted rows."""

from checks.coverage import section_coverage


def test_covered_sections_are_counted():
    sections = [("a.md", "Oil"), ("a.md", "Air"), ("b.md", "Oil"), ("a.md", "Oil")]
    count = section_coverage(sections, [("a.md", "Oil"), ("a.md", "Oil"), ("c.md", "Oil")])
    assert (count.total, count.covered) == (3, 1)
    assert count.uncovered == (("a.md", "Air"), ("b.md", "Oil"))
    assert count.share == 1 / 3


def test_nothing_to_cover_is_covered():
    assert section_coverage([], [("a.md", "Oil")]).share == 1
