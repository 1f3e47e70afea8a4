import re
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from app import charts, tally
from app.report import ReportFacts, render_report, write_report
from graph.ledger import Entry, Note

SECTIONS = {
    "asked",
    "funnel",
    "scores",
    "coverage",
    "calls",
    "training",
    "unused",
    "samples",
}


@pytest.fixture(scope="module")
def page(facts: ReportFacts) -> BeautifulSoup:
    return BeautifulSoup(render_report(facts), "html.parser")


def squeezed(text: str) -> str:
    return re.sub(r"[\s|]", "", text)


def test_report_has_every_section(page: BeautifulSoup) -> None:
    found = {section["aria-labelledby"] for section in page.find_all("section")}
    assert found == SECTIONS
    assert {title["id"] for title in page.find_all("h2")} == SECTIONS


def test_manuals_markup_is_shown_as_text(facts: ReportFacts, page: BeautifulSoup) -> None:
    assert page.find("script") is None
    assert page.find("b") is None
    samples_text = page.find("section", {"aria-labelledby": "samples"}).get_text()
    assert '<script>alert("torque")</script>' in samples_text
    assert "<b>the hub</b>" in samples_text


def test_chart_labels_are_escaped() -> None:
    drawn = charts.bars("Rows <by>", [("<i>&", 1.0)]) + charts.strip("<x>", [("<y>", 1)], 1)
    assert BeautifulSoup(drawn, "html.parser").find(["i", "x", "y", "by"]) is None
    assert "&lt;i&gt;&amp;" in drawn


def test_report_asks_nothing_of_outside(facts: ReportFacts, page: BeautifulSoup) -> None:
    html = render_report(facts)
    assert not re.search(r"https?://|\bsrc\s*=|@import|url\(", html)
    assert [link["href"] for link in page.find_all(href=True)] == ["data:,"]
    policy = page.find("meta", {"http-equiv": "Content-Security-Policy"})
    assert isinstance(policy, Tag)
    assert "default-src 'none'" in str(policy["content"])


def test_marks_sit_on_the_quotes(facts: ReportFacts, page: BeautifulSoup) -> None:
    articles = page.find_all("article")
    assert len(articles) == 4
    for article in articles:
        quote = article.find("blockquote").contents[0]
        marks = article.select(".excerpt mark")
        assert squeezed("".join(mark.get_text() for mark in marks)) == squeezed(str(quote))


def test_marked_table_row_keeps_cells(page: BeautifulSoup) -> None:
    row = next(tr for tr in page.select(".excerpt tr") if "Mast bolt" in tr.get_text() and tr.mark)
    assert [cell.get_text() for cell in row.find_all("td")][1:] == ["82 N·m", "1,000 h"]
    assert all(cell.mark for cell in row.find_all("td"))


def test_funnel_counts_every_candidate(entries: list[Entry]) -> None:
    stages = {stage.name: (stage.count, stage.lost) for stage in tally.survey(entries).funnel}
    assert stages == {
        "candidates": (9, {}),
        "question accepted": (8, {"no_subject": 1}),
        "answered": (7, {"unanswered": 1}),
        "row accepted": (6, {"no_context": 1}),
        "exported": (4, {"duplicate": 2}),
    }


def test_coverage_counts_rows_by_section(facts: ReportFacts) -> None:
    rows = tally.survey(facts.entries).rows
    seven, nine = tally.coverage(facts.documents, rows)
    assert dict(seven.asked) == {
        "Kappa 7 stretch wrapper > Turntable": 2,
        "Kappa 7 stretch wrapper > Film carriage": 1,
    }
    assert nine.rows == 1
    assert sum(count for _, count in seven.sections) == seven.rows == 3


def test_report_tells_the_counts(page: BeautifulSoup) -> None:
    text = page.get_text(" ", strip=True)
    for said in ("4 of 4", "2 of the exported rows", "1,234", "56,789", "broken.pdf", "Kappa 9"):
        assert said in text, said
    assert "1 oracle passage, 3 distractors" in text


def test_every_chart_has_a_name(page: BeautifulSoup) -> None:
    drawn = page.select('svg[role="img"]')
    assert len(drawn) == 15
    assert all(chart["aria-label"] and chart.title and chart.title.string for chart in drawn)


def test_short_run_says_why(facts: ReportFacts) -> None:
    short = replace(facts, decision="stop_short", reason="4 of 9 rows. Add manuals.", offline=True)
    text = BeautifulSoup(render_report(short), "html.parser").header.get_text(" ", strip=True)
    assert "Stopped short. 4 of 9 rows. Add manuals." in text
    assert "For trying the tool." in text


def test_empty_run_still_reports(facts: ReportFacts) -> None:
    empty = replace(
        facts, entries=[], notes=[], spent=[], machines={}, evaluation={}, losses=[], documents=[]
    )
    html = BeautifulSoup(render_report(empty), "html.parser")
    found = {section["aria-labelledby"] for section in html.find_all("section")}
    assert found == SECTIONS - {"training"}
    assert "machine" not in html.find("section", {"aria-labelledby": "coverage"}).get_text()


def test_equal_facts_give_equal_files(facts: ReportFacts, tmp_path: Path) -> None:
    write_report(tmp_path / "report.html", facts)
    write_report(tmp_path / "again.html", replace(facts, entries=list(facts.entries)))
    assert (tmp_path / "report.html").read_bytes() == (tmp_path / "again.html").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.html", "report.html"]


def test_undecodable_file_name_is_written(facts: ReportFacts, tmp_path: Path) -> None:
    note = Note("unreadable", "manu\udce9l.pdf", 0, "The file is empty.")
    write_report(tmp_path / "report.html", replace(facts, notes=[note]))
    assert "manu\\udce9l.pdf" in (tmp_path / "report.html").read_text("utf-8")


@pytest.mark.parametrize("losses", [[3.0], [0.0, 0.0], [9.9, float("nan"), 0.004]])
def test_odd_losses_are_drawn(facts: ReportFacts, losses: list[float]) -> None:
    html = render_report(replace(facts, losses=losses))
    assert "Training loss: from" in html
    assert re.findall(r'points="([^"]*)"', html) == re.findall(r'points="([\d., ]+)"', html) != []


def test_unknown_machines_are_listed(facts: ReportFacts) -> None:
    note = Note("unknown_machine", "Kappa 55", 0, "Named in a.md; the machine names lack it.")
    page = BeautifulSoup(render_report(replace(facts, notes=[note])), "html.parser")
    text = page.get_text(" ", strip=True)
    assert "Kappa 55" in text
    assert "not among the machine names" in text


def test_scope_of_rows_is_counted(facts: ReportFacts) -> None:
    def family(entry: Entry) -> Entry:
        if entry.row is None:
            return entry
        return replace(entry, row=entry.row.model_copy(update={"scope": "family"}))

    assert "Rows by scope" not in render_report(facts)
    entries = [family(entry) for entry in facts.entries]
    assert "Rows by scope" in render_report(replace(facts, entries=entries))
