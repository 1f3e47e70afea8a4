"""Coverage of sections by accepted rows."""

from checks.coverage import section_coverage


def test_covered_sections_are_counted():
    sections = [("a.md", "Oil"), ("a.md", "Air"), ("b.md", "Oil"), ("a.md", "Oil")]
    count = section_coverage(sections, [("a.md", "Oil"), ("a.md", "Oil"), ("c.md", "Oil")])
    assert (count.total, count.covered) == (3, 1)


def test_nothing_to_cover_counts_nothing():
    count = section_coverage([], [("a.md", "Oil")])
    assert (count.total, count.covered) == (0, 0)
