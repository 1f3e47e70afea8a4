"""What an agent is handed: scoped searches, pages, machine names; sentences for wrong input."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from langchain.agents import create_agent
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from tools.documents import Document, Page, Section
from tools.embedded import EmbeddedIndex
from tools.library import Library
from tools.machines_csv import CsvMachineDirectory
from tools.passages import split
from tools.search import NOTHING_FOUND, SearchScope, build_tools, show

DIRECTORY = "filename,machine_name,machine_code\nen.md,Orion 40,OR40\nit.md,Orion 40,OR40\n"
PAGES = {
    "en": ["Alarm E214: the film has run out.", "The film runs on the roll."],
    "it": ["Allarme E214: il film è finito.", "Il film scorre sul rullo."],
}


@dataclass(frozen=True)
class Context:
    scope: SearchScope


class CallingModel(GenericFakeChatModel):
    def bind_tools(self, tools: Any, **_: Any) -> "CallingModel":
        return self


def manual(language: str, machine: str = "OR40") -> Document:
    first, second = PAGES[language]
    text = f"# Film\n\n{first}\n\n{second}\n"
    cut = text.index(second)
    pages = (Page(1, 0, cut, language), Page(2, cut, len(text), language))
    section = Section(("Film",), 0, len(text))
    name = f"{language}.md"
    return Document(language, name, "0", "Film", text, pages, (section,), True, {}, machine)


@pytest.fixture
async def ask(tmp_path: Path) -> Any:
    (tmp_path / "machines.csv").write_text(DIRECTORY)
    documents = [manual("en"), manual("it")]
    index = EmbeddedIndex(tmp_path / "index")
    await index.fill("manuals", [split(document, size=60) for document in documents])
    tools = build_tools(index, Library(documents), CsvMachineDirectory(tmp_path / "machines.csv"))

    async def call(tool: str, scope: SearchScope | None = None, /, **arguments: object) -> str:
        request = AIMessage("", tool_calls=[{"name": tool, "args": arguments, "id": "1"}])
        model = CallingModel(messages=iter([request, AIMessage("done")]))
        agent = create_agent(model, tools, context_schema=Context)
        context = Context(scope or SearchScope("OR40", "en", 3))
        state = await agent.ainvoke({"messages": [("user", "?")]}, context=context)
        return state["messages"][-2].content

    return call


async def test_search_prefers_the_language(ask: Any) -> None:
    found = await ask("search_manuals", SearchScope("OR40", "it", 3), query="E214 film")
    assert 'document="it.md"' in found
    assert 'document="en.md"' not in found


async def test_search_falls_back_to_any_language(ask: Any) -> None:
    found = await ask("search_manuals", SearchScope("OR40", "de", 3), query="Alarm E214")
    assert 'document="en.md"' in found


async def test_search_stays_with_the_machine(ask: Any) -> None:
    other = SearchScope("OR60", "en", 3)
    assert await ask("search_manuals", other, query="E214") == NOTHING_FOUND
    free = SearchScope(None, "en", 3)
    assert "E214" in await ask("search_manuals", free, query="E214")


async def test_pages_can_be_read_and_cited(ask: Any) -> None:
    [first, second] = split(manual("en"), size=60)
    assert await ask("read_pages", document="en.md", first=1, last=1) == show([first])
    assert await ask("read_pages", document="en.md", first=2, last=9) == show([second])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"document": "de.md", "first": 1, "last": 1}, "There is no document de.md"),
        ({"document": "en.md", "first": 7, "last": 9}, "there is nothing on 7 to 9"),
        ({"document": "en.md", "first": 2, "last": 1}, "there is nothing on 2 to 1"),
        ({"document": "en.md", "first": -(10**30), "last": 10**30}, "Alarm E214"),
        ({"document": "en.md", "first": "one", "last": 1}, "valid integer"),
        ({"document": "en.md"}, "Field required"),
    ],
)
async def test_wrong_pages_yield_a_sentence(ask: Any, arguments: Any, words: str) -> None:
    assert words in await ask("read_pages", **arguments)


async def test_machines_are_named_with_their_code(ask: Any) -> None:
    assert await ask("find_machine", name="orion40") == "Orion 40, code OR40"
    assert await ask("find_machine", name="Oiron 40") == "Orion 40, code OR40 (not certain)"
    assert (
        await ask("find_machine", name="Orion 50") == "No machine is called Orion 50 or nearly so."
    )


def test_nothing_mentions_machines_without_directory(tmp_path: Path) -> None:
    tools = build_tools(EmbeddedIndex(tmp_path), Library([]), None)
    assert [tool.name for tool in tools] == ["search_manuals", "read_pages"]
    assert not any("machine" in f"{tool.description} {tool.args}".lower() for tool in tools)


def test_shown_passage_keeps_its_form() -> None:
    [first, second] = split(manual("en"), size=60)
    shown = show([first, second])
    assert shown.split("\n")[0] == (
        f'<passage id="{first.id}" document="en.md" section="Film" pages="1">'
    )
    assert shown.count("</passage>\n<passage ") == 1
    assert shown.endswith(f"\n{second.text}\n</passage>")
    assert show([]) == NOTHING_FOUND
