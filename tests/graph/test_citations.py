"""Citations: quotes across passages, quotes that stand twice, and what is refused."""

import json

from agents.answerer import Answer, Citation
from graph.citations import locate_citations
from tests.graph.conftest import QUESTION, QUOTE, first_question
from tools.documents import read_folder
from tools.passages import split

LONG = "# Jaw\n\n" + "\n\n".join(
    f"Step {step} of the change of the jaw takes a spanner, a lamp and a clean cloth, and "
    f"the operator writes number {step} into the book before the guard is closed again."
    for step in range(1, 13)
)


def answered(passage_id: str, quote: str, text: str = "It takes a spanner.") -> Answer:
    cited = [Citation(passage_id=passage_id, quote=quote)]
    return Answer(abstained=False, text=text, citations=cited, missing="")


def over_the_border(first, second):
    return " ".join([*first.text.split()[-9:], *second.text.split()[:9]])


async def ingested(scripted, manuals, text):
    (manuals / "press.json").write_text(json.dumps({"page_1": text}), encoding="utf-8")
    context = await scripted([])
    window = (await first_question(context, manuals)).candidate.window
    (document,), _ = read_folder(manuals)
    return context, window, split(document)


async def test_quote_over_two_passages_cites_both(scripted, manuals):
    context, window, (first, second, *_) = await ingested(scripted, manuals, LONG)
    quote = over_the_border(first, second)
    given = answered(first.id, quote)
    located, findings = await locate_citations(given, QUESTION, window, context)
    assert not findings
    assert [citation.passage_id for citation in located] == [first.id, second.id]
    text = context.library.by_path(first.document).text
    for citation in located:
        assert text[citation.start : citation.end] == citation.quote
    assert "".join(" ".join(c.quote for c in located).split()) == "".join(quote.split())


async def test_changed_quote_over_two_passages_is_refused(scripted, manuals):
    context, window, (first, second, *_) = await ingested(scripted, manuals, LONG)
    quote = over_the_border(first, second).replace("before", "behind")
    located, findings = await locate_citations(answered(first.id, quote), QUESTION, window, context)
    assert (located, [finding.code for finding in findings]) == ((), ["quote_not_found"])


async def test_quote_of_the_next_passage_alone_is_refused(scripted, manuals):
    context, window, (first, second, *_) = await ingested(scripted, manuals, LONG)
    quote = second.text[10:90]
    _, findings = await locate_citations(answered(first.id, quote), QUESTION, window, context)
    assert [finding.code for finding in findings] == ["quote_not_found"]


async def test_repeated_quote_is_the_one_asked_about(scripted, manuals):
    table = (
        "# Parameters\n\nThe delays of the press are set at the panel by a trained person.\n\n"
        "| Code | Meaning | Default |\n| --- | --- | --- |\n| P4 | delay of the jaw | 30 s |\n"
        "| P7 | delay of the pump | 30 s |\n\nChange them only while the press stands still."
    )
    context, window, (passage, *_) = await ingested(scripted, manuals, table)
    located, _ = await locate_citations(
        answered(passage.id, "30 s", "It is 30 s."), "How long is the delay P7?", window, context
    )
    text = context.library.by_path(passage.document).text
    assert [text.count("\n", 0, c.start) for c in located] == [text[: text.index("P7")].count("\n")]


async def test_same_citation_twice_counts_once(scripted, manuals, passage_id):
    context = await scripted([])
    window = (await first_question(context, manuals)).candidate.window
    cited = [Citation(passage_id=passage_id, quote=QUOTE)] * 2
    given = Answer(abstained=False, text=f"{QUOTE}.", citations=cited, missing="")
    located, findings = await locate_citations(given, QUESTION, window, context)
    assert (len(located), findings) == (1, [])
