"""Budgeting: limits that are raised for a run that goes on, and prices that a limit needs."""

from __future__ import annotations

from pathlib import Path

from agents.specs import parse_spec
from app.run_file import BRIEF, locked
from app.settings import Settings, SettingsError
from graph.brief import Brief, dump_brief
from tools.library import write_whole

_SPENT = ("calls", "tokens", "money", "minutes")


def add_budget(run: Path, brief: Brief, more: str) -> Brief:
    """Raise the limits in a run's brief.yaml by `more`, as "calls=500,money=2.50"; return it.

    Raises:
        SettingsError: `more` names no limit that the run has.
        RunError: another process works on the run.
    """
    raised: dict[str, float] = {}
    for part in more.split(","):
        name, _, value = (word.strip() for word in part.partition("="))
        raised[name] = _limit(brief, name) + _amount(name, value)
    limits = brief.limits.model_dump() | raised
    made = Brief.model_validate(brief.model_dump() | {"limits": limits})
    with locked(run):
        write_whole(run / BRIEF, dump_brief(made))
    return made


def check_prices(brief: Brief, settings: Settings) -> None:
    """Refuse a limit of money where a model's price is not known.

    Raises:
        SettingsError: officina.yaml has no price for one or more models.
    """
    if brief.limits.money is None:
        return
    specs = dict.fromkeys(parse_spec(text) for text in settings.models.values())
    paid = [spec.name for spec in specs if spec.is_served]
    if missing := [name for name in paid if name not in settings.services.prices]:
        raise SettingsError(
            f"`limits.money` needs the price of {', '.join(missing)}. Write it under `prices` in "
            "officina.yaml."
        )


def _limit(brief: Brief, name: str) -> float:
    if name not in _SPENT:
        raise SettingsError(
            f"--add-budget knows no '{name}'. Write {', '.join(f'{each}=N' for each in _SPENT)}, "
            "with commas between them."
        )
    if name == "calls":
        return brief.most_calls
    limit: float | None = getattr(brief.limits, name)
    if limit is None:
        raise SettingsError(f"The run has no limit of {name}: there is nothing to add to.")
    return limit


def _amount(name: str, value: str) -> float:
    try:
        amount = float(value) if name in ("money", "minutes") else int(value)
    except ValueError as error:
        raise SettingsError(f"--add-budget {name}={value}: '{value}' is no number.") from error
    if not 0 < amount < float("inf"):
        raise SettingsError(f"--add-budget {name}={value}: give a number above 0.")
    return amount
