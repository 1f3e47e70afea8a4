import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from hypothesis import given
from hypothesis import strategies as st

from agents.journal import Spent
from app import charts, samples, tally
from app.report import ReportFacts, render_report, write_report
from graph.brief import Brief
from graph.ledger import Entry, Note
from graph.state import Candidate, Step, Window
from tools.documents import Document, read_folder
from tools.library import Library
from training.rows import ContextPassage, RowCitation, Scores, TrainingRow

CHROMIUM = Path("/usr/bin/chromium")
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
ENGLISH = """# Kappa 7 stretch wrapper

Read this manual before the wrapper is connected. Keep it within reach of whoever works at it.

## Turntable

Tighten the six screws of the turntable hub to 48 N·m, crosswise and in two passes. A loose hub
is heard as a knock at every turn.

| Part | Torque | Check |
| --- | --- | --- |
| Hub screw M10 | 48 N·m | 500 h |
| Mast bolt M12 <script>alert("torque")</script> | 82 N·m | 1,000 h |

## Film carriage

Set the pre-stretch to 250 %. Do not reach into the carriage while the rollers turn.
"""
ITALIAN = """# Kappa 9 avvolgitrice

## Tavola rotante

Serrare le otto viti del mozzo della tavola a 61 N·m, in croce e in due passate. Un mozzo lento si
sente come un colpo a ogni giro della tavola, e va serrato prima di riprendere il lavoro.
"""
QUOTES = {
    "kappa-7.md": (
        "Tighten the six screws of the turntable hub to 48 N·m",
        '| Mast bolt M12 <script>alert("torque")</script> | 82 N·m | 1,000 h |',
        "Set the pre-stretch to 250 %.",
    ),
    "kappa-9.md": ("Serrare le otto viti del mozzo della tavola a 61 N·m",),
}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> list[Document]:
    folder = tmp_path_factory.mktemp("manuals")
    (folder / "kappa-7.md").write_text(ENGLISH, "utf-8")
    (folder / "kappa-9.md").write_text(ITALIAN, "utf-8")
    return read_folder(folder)[0]


def made_row(number: int, document: Document, quote: str) -> TrainingRow:
    start = document.text.index(quote)
    end = start + len(quote)
    library = Library([document])
    passages = tuple(
        ContextPassage(
            passage_id=f"{document.id}-{place}",
            document=document.path,
            start=start,
            end=end,
            text=quote,
            role="oracle" if place == 1 else "distractor",
        )
        for place in range(4)
    )
    citation = RowCitation(
        passage_id=passages[1].passage_id,
        document=document.path,
        start=start,
        end=end,
        quote=quote,
    )
    return TrainingRow(
        id=f"row-{number:02}",
        question=f"Question {number} about <b>the hub</b>?",
        answer=f"Answer {number}: {quote}",
        answerable=True,
        kind=("value", "warning")[number % 2],
        difficulty="easy",
        language="it" if "9" in document.path else "en",
        document=document.path,
        machine_code="K7",
        machine_name="Kappa 7",
        pages=(1,),
        section=" > ".join(library.section_at(document, start).path),
        context=passages,
        oracle_positions=(1,),
        citations=(citation,),
        scores=Scores(relevance=9, global_relevance=8, coverage=7, faithfulness=10, completeness=6),
        reasons="The passage states the torque.",
        attempts=2,
        models={},
        prompt_hashes={},
        sha256="",
        system="",
        user="",
        sections=(),
    )


def entry(
    number: int,
    status: str,
    reason: str = "",
    *,
    passed: tuple[str, ...] = (),
    row: TrainingRow | None = None,
    drafts: int = 1,
) -> Entry:
    window = Window("w", "d", 0, 10, (1, 1), "en", "K7")
    life = (Step("draft", "q"), *(Step(name, "accept: fine") for name in passed))
    candidate = Candidate(f"candidate-{number:02}", 1, window)
    return Entry(candidate, status, reason, "q", drafts, 1, life, row)


@pytest.fixture(scope="module")
def entries(documents: list[Document]) -> list[Entry]:
    places = [(each, quote) for each in documents for quote in QUOTES[each.path]]
    accepted = [
        entry(number, "accepted", row=made_row(number, *place), drafts=1 + number % 2)
        for number, place in enumerate(places)
    ]
    double = made_row(20, *places[0])
    return [
        *accepted,
        entry(10, "dropped", "no_subject", passed=("inspect",)),
        entry(11, "dropped", "unanswered", passed=("inspect", "critique")),
        entry(12, "dropped", "no_context", passed=("inspect", "critique", "verify")),
        entry(13, "planned"),
        entry(20, "set_aside", "duplicate of row-00", row=double),
        entry(21, "set_aside", "duplicate of row-01", row=double),
    ]


@pytest.fixture(scope="module")
def facts(documents: list[Document], entries: list[Entry]) -> ReportFacts:
    return ReportFacts(
        brief=Brief(rows=4, train="tiny-cpu"),
        entries=entries,
        notes=[
            Note("unreadable", "broken.pdf", 0, "The file is cut off: copy it again."),
            Note("skipped", "leaflet.md", 0, "It has 1 pages; `least_pages` is 3."),
            Note("no_machine", "unknown.md", 0, "The machines file does not name it."),
        ],
        spent=[Spent("critic", 1234, 56789, 321)],
        documents=documents,
        machines={"K7": "Kappa 7", "K9": "Kappa 9"},
        decision="export",
        reason="",
        evaluation={"base": 0.125, "tuned": 0.5},
        losses=[4.0, 2.0, 1.0],
        offline=False,
    )


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


@given(st.data())
def test_excerpts_mark_exactly_the_span(documents: list[Document], data: st.DataObject) -> None:
    document = data.draw(st.sampled_from(documents))
    start = data.draw(st.integers(0, len(document.text) - 2))
    end = data.draw(st.integers(start + 1, len(document.text)))
    quote = document.text[start:end]
    row = made_row(0, documents[0], QUOTES[documents[0].path][0])
    citation = RowCitation(
        passage_id="p", document=document.path, start=start, end=end, quote=quote
    )
    shown = samples.sample(row.model_copy(update={"citations": (citation,)}), Library(documents))
    pieces = [
        piece
        for excerpt in shown.excerpts
        for block in excerpt.blocks
        for cells in block.rows
        for cell in cells
        for piece in cell
    ]
    marked = "".join(piece.text for piece in pieces if piece.marked)
    without_rules = re.sub(r"^[-| :]*---[-| :]*$|^[-| :]+$", "", quote, flags=re.MULTILINE)
    assert squeezed(marked).replace("-", "") == squeezed(without_rules).replace("-", "")


def test_funnel_counts_every_candidate(entries: list[Entry]) -> None:
    stages = {stage.name: (stage.count, stage.lost) for stage in tally.funnel(entries)}
    assert stages == {
        "candidates": (9, {}),
        "question accepted": (8, {"no_subject": 1}),
        "answered": (7, {"unanswered": 1}),
        "row accepted": (6, {"no_context": 1}),
        "exported": (4, {"duplicate": 2}),
    }


def test_coverage_counts_rows_by_section(facts: ReportFacts) -> None:
    rows = tally.exported_rows(facts.entries)
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
    assert len(drawn) == 14
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


def test_samples_spread_over_documents(documents: list[Document]) -> None:
    seven, nine = documents
    many = [made_row(number, seven, QUOTES[seven.path][0]) for number in range(0, 30, 2)]
    rare = made_row(98, nine, QUOTES[nine.path][0])
    odd = made_row(31, seven, QUOTES[seven.path][2])
    chosen = samples.choose([*many, rare, odd], 3)
    assert {row.id for row in chosen} == {"row-00", "row-98", "row-31"}
    assert samples.choose([odd, *reversed(many), rare], 3) == chosen


@pytest.mark.parametrize("losses", [[3.0], [0.0, 0.0], [9.9, float("nan"), 0.004]])
def test_odd_losses_are_drawn(facts: ReportFacts, losses: list[float]) -> None:
    html = render_report(replace(facts, losses=losses))
    assert "Training loss: from" in html
    assert re.findall(r'points="([^"]*)"', html) == re.findall(r'points="([\d., ]+)"', html) != []


@pytest.fixture(scope="module")
def opened(
    facts: ReportFacts, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[int, str], tuple[int, list[str], list[str]]]]:
    """A function that opens the report in a browser and returns its width, requests and faults."""
    if not CHROMIUM.exists():
        pytest.skip("there is no /usr/bin/chromium: install Debian's chromium to look at the page")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    path = tmp_path_factory.mktemp("run") / "report.html"
    write_report(path, facts)

    def look(width: int, scheme: str) -> tuple[int, list[str], list[str]]:
        requests, faults = list[str](), list[str]()
        shown = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        shown.on("request", lambda request: requests.append(request.url))
        shown.on("console", lambda message: faults.append(message.text))
        shown.on("dialog", lambda dialog: (faults.append(dialog.message), dialog.dismiss()))
        shown.goto(path.as_uri())
        shown.eval_on_selector_all("details", "all => all.forEach(each => each.open = true)")
        wide = shown.evaluate("document.documentElement.scrollWidth")
        shown.close()
        return wide, [url for url in requests if url != path.as_uri()], faults

    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        yield look
        browser.close()


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (390, "dark"), (1400, "light")])
def test_browser_shows_it_without_scrolling(
    opened: Callable[[int, str], tuple[int, list[str], list[str]]], width: int, scheme: str
) -> None:
    wide, requests, faults = opened(width, scheme)
    assert wide <= width
    assert [url for url in requests if not url.startswith("data:")] == []
    assert faults == []
