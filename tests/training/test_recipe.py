from pathlib import Path

import pytest

from training.recipe import load_recipe, recipe_names, save_recipe
from training.rows import TrainingError
from training.tokens import conversation, encode, fits, length, load_tokenizer


def test_every_recipe_is_valid():
    recipes = {name: load_recipe(name) for name in recipe_names()}
    assert list(recipes) == ["mistral-7b", "tiny-cpu"]
    assert recipes["mistral-7b"].lora.model_dump(exclude={"targets"}) == {
        "r": 32,
        "alpha": 8,
        "dropout": 0.3,
    }
    assert recipes["mistral-7b"].learning_rate == pytest.approx(1e-4)


def test_all_complaints_at_once(tmp_path: Path):
    path = tmp_path / "bad.yaml"
    save_recipe(load_recipe("tiny-cpu"), path)
    text = path.read_text().replace("r: 32", "r: -1").replace("seed: 7", "sead: 7")
    path.write_text(text.replace("scheduler: cosine", "scheduler: sinus"))
    with pytest.raises(TrainingError) as caught:
        load_recipe(path)
    for field in ("lora.r", "seed", "sead", "scheduler"):
        assert f"- {field}: " in str(caught.value)


def test_run_needs_one_length(tmp_path: Path):
    path = tmp_path / "long.yaml"
    save_recipe(load_recipe("tiny-cpu").model_copy(update={"epochs": 3.0}), path)
    with pytest.raises(TrainingError, match="either epochs or max_steps"):
        load_recipe(path)


def test_unknown_recipe_lists_recipes():
    with pytest.raises(TrainingError, match="mistral-7b, tiny-cpu"):
        load_recipe("huge")


def test_saved_recipe_loads_equal(tmp_path: Path):
    recipe = load_recipe("tiny-cpu")
    save_recipe(recipe, tmp_path / "recipe.yaml")
    assert load_recipe(tmp_path / "recipe.yaml") == recipe


def test_tiny_length_is_never_too_short():
    recipe = load_recipe("tiny-cpu")
    short, longer = (length(recipe, "s", "u", answer) for answer in ("due", "è giù"))
    assert longer - short == len("è giù".encode()) - len("due")
    assert fits(recipe, "s", "u", "a")
    assert not fits(recipe, "s", "u" * recipe.max_length, "a")


def test_system_prompt_survives_the_answer():
    tokenizer = load_tokenizer(load_recipe("tiny-cpu"), ["Be exact. How tight? 5 Nm"])
    tokens = encode(tokenizer, conversation("Be exact.", "How tight?", "5 Nm"))
    assert tokens.answer_follows
    assert tokenizer.decode(tokens.whole) == "<s>[INST] Be exact.\n\nHow tight?[/INST] 5 Nm</s>"


@pytest.mark.parametrize("text", ["", "due", "è giù", "日本語 ±0,5 µm", "x" * 500])
def test_tiny_length_bounds_the_tokens(text: str):
    recipe = load_recipe("tiny-cpu")
    tokenizer = load_tokenizer(recipe, ["due"])
    tokens = encode(tokenizer, conversation(text, text, text))
    assert len(tokens.whole) <= length(recipe, text, text, text)
