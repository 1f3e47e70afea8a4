import re
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from app import samples
from tools.documents import Document
from tools.library import Library
from training.rows import RowCitation, TrainingRow

MakeRow = Callable[[int, Document, str], TrainingRow]


def squeezed(text: str) -> str:
    return re.sub(r"[\s|]", "", text)


@given(st.data())
def test_excerpts_mark_exactly_the_span(
    documents: list[Document], make_row: MakeRow, data: st.DataObject
) -> None:
    document = data.draw(st.sampled_from(documents))
    start = data.draw(st.integers(0, len(document.text) - 2))
    end = data.draw(st.integers(start + 1, len(document.text)))
    quote = document.text[start:end]
    row = make_row(0, documents[0], documents[0].text[:20])
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


def test_samples_spread_over_documents(documents: list[Document], make_row: MakeRow) -> None:
    seven, nine = documents
    many = [make_row(number, seven, "48 N·m") for number in range(0, 30, 2)]
    rare = make_row(98, nine, "61 N·m")
    odd = make_row(31, seven, "250 %")
    chosen = samples.choose([*many, rare, odd], 3)
    assert {row.id for row in chosen} == {"row-00", "row-98", "row-31"}
    assert samples.choose([odd, *reversed(many), rare], 3) == chosen
