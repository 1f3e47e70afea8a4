"""Limits that are raised, and what they need to be kept."""

from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import Connection, create_engine

from agents.journal import Journal
from agents.offline import OfflineModel
from agents.spending import open_account
from app.budgeting import add_budget, check_accounts, told_limits
from app.settings import SettingsError, read_settings
from graph.brief import Brief, dump_brief, load_brief
from tests.app.test_models import officina
from tests.conftest import ROOT
from tests.openai_server import answering_with, serving

LIMITS = {"calls": 1200, "tokens": 50_000, "money": 10.0, "minutes": 1.0}
CAPPED = Brief.model_validate({"rows": 30, "limits": LIMITS})


@pytest.fixture
def run(tmp_path: Path) -> Path:
    (tmp_path / "brief.yaml").write_text(dump_brief(CAPPED), encoding="utf-8")
    return tmp_path


def test_raised_limits_are_told(run, capsys):
    made = add_budget(run, CAPPED, "money=5,calls=500")
    assert capsys.readouterr().err.splitlines() == [
        "The limit of money is now $15.00.",
        "The limit of calls is now 1,700.",
    ]
    assert load_brief(run / "brief.yaml") == made
    assert (made.limits.money, made.most_calls) == (15, 1700)


def test_limit_that_is_named_twice_is_refused(run, capsys):
    with pytest.raises(SettingsError, match="names calls twice"):
        add_budget(run, CAPPED, "calls=5,calls=5")
    assert capsys.readouterr().err == ""
    assert load_brief(run / "brief.yaml") == CAPPED


def test_every_limit_is_named():
    told = "1,200 model calls, 50,000 tokens, $10.00 and 1 minute"
    assert told_limits(CAPPED) == told
    assert told_limits(Brief(rows=1)) == "40 model calls"


def test_price_of_a_model_that_was_estimated_with_is_asked_for(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    Path("officina.yaml").write_text("prices: {'openai:b': {input: 1, output: 1}}\n", "utf-8")
    Path("brief.yaml").write_text("rows: 2\nlimits: {money: 5}\n", "utf-8")
    wanted = [ROOT / "examples" / "manuals", "--out", tmp_path / "run"]
    with serving(answering_with(OfflineModel())) as url:
        a, b = (["--model", f"openai:{name}@{url}"] for name in "ab")
        assert officina(monkeypatch, "estimate", *wanted, *a, "--sample", 0) == 0
        assert officina(monkeypatch, "run", *wanted, *b, "--brief", "brief.yaml") == 2
    assert "needs the price of openai:a" in capsys.readouterr().err.splitlines()[-1]


async def test_model_that_was_used_before_needs_a_price(run, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    (run / "officina.yaml").write_text("prices: {'openai:b': {input: 1, output: 1}}\n", "utf-8")
    settings = read_settings(model="openai:b", by_role={}, concurrency=None, folder=run)
    engine = create_engine(f"sqlite:///{run / 'journal.sqlite'}")
    journal = Journal(engine)

    def use(connection: Connection, models: list[str]) -> list[None]:
        return list(map(partial(open_account, connection, engine=engine), models))

    for model in ("offline", "openai:b"):
        await journal.commit(use, model)
    await check_accounts(CAPPED, settings, journal)
    await journal.commit(use, "openai:a")
    with pytest.raises(SettingsError, match="price of openai:a, "):
        await check_accounts(CAPPED, settings, journal)
    await check_accounts(Brief(), settings, journal)
    engine.dispose()
