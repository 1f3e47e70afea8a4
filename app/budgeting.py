"""Budgeting: limits that are raised for a run that goes on, and prices that a limit needs."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from agents.journal import Journal
from agents.prices import FREE, dollars
from agents.specs import parse_spec
from agents.spending import spending
from app.run_file import BRIEF, locked
from app.settings import Settings, SettingsError
from app.terminal import counted, tell
from graph.brief import Brief, dump_brief
from tools.library import write_whole

_SPENT = ("calls", "tokens", "money", "minutes")


def add_budget(run: Path, brief: Brief, more: str) -> Brief:
    """Raise the limits in a run's brief.yaml by `more`, as "calls=500,money=2.50", and say so.

    Returns the brief as it is then.

    Raises:
        SettingsError: `more` names no limit that the run has, or one twice.
        RunError: another process works on the run.
    """
    raised: dict[str, float] = {}
    for part in more.split(","):
        name, _, value = (word.strip() for word in part.partition("="))
        if name in raised:
            raise SettingsError(f"--add-budget names {name} twice. Write it once, with the sum.")
        raised[name] = _limit(brief, name) + _amount(name, value)
    limits = brief.limits.model_dump() | raised
    made = Brief.model_validate(brief.model_dump() | {"limits": limits})
    with locked(run):
        write_whole(run / BRIEF, dump_brief(made))
    # At once: whoever repeats a command that failed later on would raise them again.
    for name, limit in raised.items():
        shown = dollars(limit) if name == "money" else f"{limit:,.15g}"
        tell(f"The limit of {name} is now {shown}.")
    return made


def told_limits(brief: Brief) -> str:
    """Return what a run may spend, as words."""
    limits = brief.limits
    told = [
        counted(brief.most_calls, "model call"),
        *([counted(limits.tokens, "token")] if limits.tokens else []),
        *([dollars(limits.money)] if limits.money else []),
        *([counted(limits.minutes, "minute")] if limits.minutes else []),
    ]
    return " and ".join(filter(None, (", ".join(told[:-1]), told[-1])))


def check_prices(brief: Brief, settings: Settings) -> None:
    """Refuse a limit of money where a model's price is not known.

    Raises:
        SettingsError: officina.yaml has no price for one or more models.
    """
    if brief.limits.money is None:
        return
    specs = dict.fromkeys(parse_spec(text) for text in settings.models.values())
    _refuse_unpriced([spec.name for spec in specs if spec.is_served], settings)


async def check_accounts(brief: Brief, settings: Settings, journal: Journal) -> None:
    """Refuse a limit of money where the price of a model that was used before is not known.

    Raises:
        SettingsError: officina.yaml has no price for one or more models.
    """
    if brief.limits.money is not None:
        used = await journal.read(spending)
        paid = [model for model in used if model.partition(":")[0] not in FREE]
        _refuse_unpriced(paid, settings)


def _refuse_unpriced(models: Iterable[str], settings: Settings) -> None:
    if missing := [name for name in models if name not in settings.services.prices]:
        raise SettingsError(
            f"`limits.money` needs the price of {', '.join(missing)}, which the run uses or has "
            "used. Write it under `prices` in officina.yaml."
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
