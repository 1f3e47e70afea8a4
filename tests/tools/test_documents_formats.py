import json
from pathlib import Path

import pytest

from tools.documents import Document, read_folder


def read(folder: Path, name: str, content: str) -> Document:
    (folder / name).write_text(content, "utf-8")
    documents, unreadable = read_folder(folder)
    assert unreadable == []
    return documents[0]


def sections(document: Document) -> list[tuple[str, ...]]:
    return [section.path for section in document.sections]


def page_texts(document: Document) -> dict[int, str]:
    return {page.number: document.text[page.start : page.end] for page in document.pages}


def test_json_pages_in_numeric_order(tmp_path: Path):
    pages = {"page_10": "ten", "page_2": "two", "page_1": "one"}
    document = read(tmp_path, "a.json", json.dumps(pages))
    assert page_texts(document) == {1: "one\n\n", 2: "two\n\n", 10: "ten\n"}
    assert document.paged


def test_json_shapes_read_alike(tmp_path: Path):
    shapes = [
        ("a.json", json.dumps({"page_1": "one", "page_2": "two"})),
        ("b.json", json.dumps(["one", "two"])),
        ("c.json", json.dumps([{"page": 2, "text": "two"}, {"page": "1", "text": "one"}])),
        ("d.jsonl", '{"page": 1, "text": "one"}\n\n{"page": 2, "text": "two"}\n'),
    ]
    for name, content in shapes:
        (tmp_path / name).write_text(content)
    documents, _ = read_folder(tmp_path)
    assert [page_texts(document) for document in documents] == [{1: "one\n\n", 2: "two\n"}] * 4


def test_null_page_is_an_empty_page(tmp_path: Path):
    (tmp_path / "a.json").write_text('{"page_1": "Torque 25 Nm.", "page_2": null}', "utf-8")
    (document,), _ = read_folder(tmp_path)
    assert [page.problem for page in document.pages] == [None, "empty page"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ('{"page_1": "Torque 25 Nm.", "page_1": "Torque 30 Nm."}', "comes twice"),
        ('[{"page": -1, "text": "Torque 25 Nm."}]', "number"),
        ('[{"page": 10000000000000000000000, "text": "Torque 25 Nm."}]', "number"),
        ('[{"page": 1}]', "Entry 1"),
    ],
)
def test_pages_that_cannot_be_numbered(tmp_path: Path, content: str, reason: str):
    (tmp_path / "a.json").write_text(content, "utf-8")
    documents, (line,) = read_folder(tmp_path)
    assert documents == []
    assert reason in line.reason


def test_heading_path_crosses_pages(tmp_path: Path):
    pages = ["# Care\n\n## Oil\n\nChange it.", "After 500 h.", "", "## Air\n\nBlow it out."]
    (tmp_path / "a.json").write_text(json.dumps(pages))
    documents, unreadable = read_folder(tmp_path)
    assert sections(documents[0]) == [("Care",), ("Care", "Oil"), ("Care", "Air")]
    oil = documents[0].sections[1]
    assert documents[0].text[oil.start : oil.end].endswith("After 500 h.\n\n")
    assert [(line.page, line.reason) for line in unreadable] == [(3, "empty page")]


def test_page_of_contents_is_marked(tmp_path: Path):
    rows = "\n".join(f"| {n} | Chapter {n} | {n + 2} |" for n in range(1, 9))
    pages = [
        f"# Contents\n\n| No | Title | Page |\n|---|---|---|\n{rows}",
        "# 1 Safety\n\nRead it.",
    ]
    (tmp_path / "a.json").write_text(json.dumps(pages))
    documents, unreadable = read_folder(tmp_path)
    assert [page.problem for page in documents[0].pages] == ["table of contents", None]
    assert unreadable[0].page == 1


def test_front_matter_becomes_metadata(tmp_path: Path):
    text = "---\ntitle: 'Drive'\ntags: [a, b]\ndate: 2024-05-01\n---\n\nSet 5 bar.\n"
    document = read(tmp_path, "a.md", text)
    assert document.title == "Drive"
    assert document.metadata == {"title": "Drive", "tags": "a, b", "date": "2024-05-01"}
    assert document.text == "Set 5 bar.\n"


def test_broken_front_matter_is_left_out(tmp_path: Path):
    document = read(tmp_path, "a.md", "---\ntitle: [a\n---\n\n# Pump\n\nSet 5 bar.\n")
    assert document.title == "Pump"
    assert document.text == "# Pump\n\nSet 5 bar.\n"


def test_markdown_is_plain_to_quote(tmp_path: Path):
    text = """Tighten **M8** screws\nto `25 Nm`, see [table](t.html)&nbsp;2 <br>and <P1>.

- one
  - two *slanted*
1. first
2. second<sup>[1]</sup>

```ini
[A]  # **kept**
```
"""
    assert (
        read(tmp_path, "a.md", text).text
        == """Tighten M8 screws to 25 Nm, see table 2 and <P1>.

- one
  - two slanted
1. first
2. second

```ini
[A]  # **kept**
```
"""
    )


def test_template_tags_are_dropped(tmp_path: Path):
    text = """{% alert warning %}
Wear gloves. {{ page.note }}
{% endalert %}
<!-- hidden 1 -->
{% for a in b %}{{ a }} 7 bar{% endfor %}

```gcode
{% if x %}G28{% endif %}
```
"""
    document = read(tmp_path, "a.md", text)
    assert document.text == "Wear gloves.\n\n```gcode\n{% if x %}G28{% endif %}\n```\n"


def test_tables_read_alike_everywhere(tmp_path: Path):
    table = "| Part | Torque |\n| --- | --- |\n| Jaw | 25 Nm |\n"
    markdown = "Part | Torque\n---|---\n**Jaw** | 25&nbsp;Nm\n"
    head, row = "<th>Part</th><th>Torque</th>", "<td>Jaw</td><td>25 Nm</td>"
    html = f"<table><tr>{head}</tr>\n\n<tr>{row}</tr></table>"
    for name, content in [("a.md", markdown), ("b.md", html), ("c.html", html)]:
        (tmp_path / name).write_text(content)
    (tmp_path / "d.json").write_text(json.dumps([markdown]))
    documents, _ = read_folder(tmp_path)
    assert [document.text for document in documents] == [table] * 4


def test_table_without_header_stays_so(tmp_path: Path):
    document = read(tmp_path, "a.md", "| Heat capacity | 2 J |\n| Density | 1 g |\n")
    assert document.text == "|  |  |\n| --- | --- |\n| Heat capacity | 2 J |\n| Density | 1 g |\n"


def test_name_and_value_lines_stay_apart(tmp_path: Path):
    document = read(tmp_path, "a.md", "Torque: 25 Nm\nPressure: 6 bar\n")
    assert document.text == "Torque: 25 Nm\n\nPressure: 6 bar\n"


def test_html_without_its_navigation(tmp_path: Path):
    text = """<html><head><title>Pump &amp; valve</title><style>a 1</style></head><body>
<div class="navheader"><table><tr><td>Prev 1</td></tr></table></div><nav>Next 2</nav>
<h1>1. Pump</h1><div class="para">Set <code>5
bar</code> on 4 mm<sup>2</sup>.</div><div class="note"><table><tr><td></td><th>Note</th></tr>
<tr><td></td><td><p>Wait 5 s.</p></td></tr></table></div>
<h2>Parts</h2><dl><dt>Seal</dt><dd><p>Change after 500 h.</p></dd></dl>
<ol start="3"><li>Close</li><li>Open<ul><li>slowly</li></ul></li></ol><pre>set  5
  end</pre><script>x = 9</script><footer>Page 9</footer></body></html>"""
    document = read(tmp_path, "a.html", text)
    assert document.title == "Pump & valve"
    assert sections(document) == [("1. Pump",), ("1. Pump", "Parts")]
    assert (
        document.text
        == """# 1. Pump

Set 5 bar on 4 mm².

Note

Wait 5 s.

## Parts

- Seal: Change after 500 h.
3. Close
4. Open
  - slowly

```
set  5
  end
```
"""
    )


def test_html_spans_repeat_their_cell(tmp_path: Path):
    text = """<table><tr><th>Axis</th><th>Mode</th><th>Speed</th></tr>
<tr><td rowspan=2>X</td><td>slow</td><td>5</td></tr><tr><td>fast</td><td>9</td></tr>
<tr><td colspan=2>any</td><td>7</td></tr></table>"""
    document = read(tmp_path, "a.html", text)
    rows = document.text.splitlines()[2:]
    assert rows == ["| X | slow | 5 |", "| X | fast | 9 |", "| any | any | 7 |"]


def test_plain_text_shows_its_shape(tmp_path: Path):
    text = """PUMP
====

The pump is main-
tained every 500 h by
the operator.

2.1 Pressures

- idle: 2 bar
- run: 6 bar

Axis   Speed
X      5
Y      9
"""
    document = read(tmp_path, "a.txt", text)
    assert (
        document.text
        == """# PUMP

The pump is maintained every 500 h by the operator.

## 2.1 Pressures

- idle: 2 bar
- run: 6 bar

```
Axis   Speed
X      5
Y      9
```
"""
    )


def test_form_feeds_part_pages(tmp_path: Path):
    document = read(tmp_path, "a.txt", "Set 5 bar.\n\fSet 6 bar.\n\f")
    assert page_texts(document) == {1: "Set 5 bar.\n\n", 2: "Set 6 bar.\n"}
    assert document.paged


def test_unpaged_text_is_cut_at_paragraphs(tmp_path: Path):
    paragraph = "The screw is tightened to 25 Nm after the first 500 hours of operation. " * 4
    document = read(tmp_path, "a.md", "# Care\n\n" + (paragraph + "\n\n") * 30 + "# End\n\nDone.")
    assert not document.paged
    assert max(page.end - page.start for page in document.pages) <= 3800
    for page in document.pages[1:]:
        assert document.text[page.start - 2 : page.start] == "\n\n"
    assert document.text[document.pages[-1].start :].startswith("# End")


def test_one_endless_paragraph_is_cut(tmp_path: Path):
    document = read(tmp_path, "a.txt", "turn the screw " * 2000)
    assert all(page.end - page.start < 5000 for page in document.pages)
