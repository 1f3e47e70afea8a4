"""Recipe: everything a training run is, read from one YAML, with every complaint at once.

`load_recipe` takes the name of a file in `training/recipes` or a path. The audit, the launcher and
the two training processes read the same Recipe.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self, cast

import yaml
from pydantic import Field, FilePath, ValidationError, model_validator

from training.rows import Frozen, TrainingError

RECIPES = Path(__file__).parent / "recipes"
TINY_BASE = "tiny-random-mistral"


class Lora(Frozen):
    """The adapter: its rank, its scale, and the linear layers it sits on."""

    r: int = Field(gt=0)
    alpha: int = Field(gt=0)
    dropout: float = Field(ge=0, lt=1)
    targets: tuple[str, ...] = Field(min_length=1)


class Recipe(Frozen):
    """One training run; the files in `training/recipes` say why each value is what it is."""

    base: str = Field(min_length=1)
    chat_template: FilePath | None = None
    max_length: int = Field(ge=64)
    answer_tokens: int = Field(gt=0)
    nf4: bool
    compute_dtype: Literal["bfloat16", "float32"]
    lora: Lora
    epochs: float | None = Field(default=None, gt=0)
    max_steps: int | None = Field(default=None, gt=0)
    learning_rate: float = Field(gt=0)
    scheduler: Literal["cosine", "linear", "constant"]
    warmup: float = Field(ge=0, lt=1)
    batch_size: int = Field(gt=0)
    gradient_accumulation: int = Field(gt=0)
    gradient_checkpointing: bool
    zero_stage: Literal[1, 2, 3]
    processes: int = Field(gt=0)
    seed: int = Field(ge=0)

    @model_validator(mode="after")
    def _one_length_of_run(self) -> Self:
        if (self.epochs is None) == (self.max_steps is None):
            raise ValueError("give either epochs or max_steps")
        return self

    @property
    def tiny(self) -> bool:
        """Whether the base is made on the spot instead of loaded."""
        return self.base == TINY_BASE

    def base_path(self, training: Path) -> str:
        """Return where the base of the run in `training` is loaded from."""
        return str(training / "base") if self.tiny else self.base


def recipe_names() -> list[str]:
    """Return the names of the recipes that come with the application."""
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def load_recipe(name_or_path: str | Path) -> Recipe:
    """Return the recipe; raise one TrainingError that lists everything wrong with it."""
    path = _find(name_or_path)
    try:
        return Recipe.model_validate(_resolved(_parsed(path), path.parent))
    except ValidationError as error:
        complaints = [_complaint(line["loc"], line["msg"]) for line in error.errors()]
        listed = "\n".join(f"- {complaint}" for complaint in complaints)
        raise TrainingError(f"The recipe {path} cannot be used:\n{listed}") from None


def save_recipe(recipe: Recipe, path: Path) -> None:
    """Write the recipe where a training process, or the next reader, loads it again."""
    path.write_text(yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False), "utf-8")


def _find(name_or_path: str | Path) -> Path:
    for path in (RECIPES / f"{name_or_path}.yaml", Path(name_or_path)):
        if path.is_file():
            return path
    raise TrainingError(
        f"There is no recipe {name_or_path}: give the path of a YAML file, "
        f"or one of {', '.join(recipe_names())}."
    )


def _parsed(path: Path) -> dict[str, object]:
    try:
        content: object = yaml.safe_load(path.read_text("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise TrainingError(f"The recipe {path} is not readable YAML: {error}") from None
    if not isinstance(content, dict):
        raise TrainingError(f"The recipe {path} is not a mapping of settings to values.")
    return cast("dict[str, object]", content)


def _resolved(settings: dict[str, object], folder: Path) -> dict[str, object]:
    """Make the files a recipe names independent of where a process starts."""
    named = dict(settings)
    for key in ("chat_template", "base"):
        value = named.get(key)
        if isinstance(value, str) and (folder / value).exists():
            named[key] = str((folder / value).resolve())
    return named


def _complaint(location: tuple[int | str, ...], message: str) -> str:
    where = ".".join(str(part) for part in location)
    return f"{where}: {message}" if where else message
