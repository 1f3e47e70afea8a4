from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.report import ReportFacts, write_report

CHROMIUM = Path("/usr/bin/chromium")
Look = Callable[[int, str], tuple[int, list[str], list[str]]]


@pytest.fixture(scope="module")
def opened(facts: ReportFacts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Look]:
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
def test_browser_shows_it_without_scrolling(opened: Look, width: int, scheme: str) -> None:
    wide, requests, faults = opened(width, scheme)
    assert wide <= width
    assert [url for url in requests if not url.startswith("data:")] == []
    assert faults == []
