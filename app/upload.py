"""Upload: a run's dataset as a dataset in LangSmith; its rows are examples, and stay the same ones.

An example's id is made from its row's, so that a second upload changes rows and doubles none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from langsmith import Client
from langsmith.schemas import Dataset, ExampleCreate, ExampleUpdate
from langsmith.utils import LangSmithError, LangSmithNotFoundError
from requests import RequestException
from urllib3.util.retry import Retry

from app.outbox import named
from app.settings import Settings
from training.formats import read_rows
from training.rows import Split, TrainingRow

BATCH = 100
TIMEOUT_MS = (5_000, 60_000)
RETRIES = 3


class UploadError(Exception):
    """A dataset cannot be uploaded; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What an upload came to; `url` shows the dataset, where the server says where."""

    created: int
    updated: int
    url: str | None


def upload(run: Path, name: str, run_id: str, settings: Settings) -> Uploaded:
    """Upload the dataset of a run under this name.

    Raises:
        UploadError: LangSmith is not set up, does not answer, or refuses it.
    """
    rows, variables = read_rows(run / "dataset"), settings.variables
    if not (named(variables, "API_KEY") or named(variables, "ENDPOINT")):
        raise UploadError(
            "LangSmith needs a key. Set LANGSMITH_API_KEY in the environment or .env."
        )
    try:
        client = Client(
            named(variables, "ENDPOINT"),
            api_key=named(variables, "API_KEY"),
            workspace_id=named(variables, "WORKSPACE_ID"),
            auto_batch_tracing=False,
            tracing_mode="langsmith",
            timeout_ms=TIMEOUT_MS,
            retry_config=Retry(RETRIES),
        )
    except ValueError as error:
        raise UploadError("LANGSMITH_ENDPOINT is no URL. Write https://HOST.") from error
    try:
        dataset = _dataset(client, name)
        examples = [
            settings.redact.inside(_example(row, split, dataset.id, run_id)) for split, row in rows
        ]
        created, updated = _put(client, dataset.id, examples)
    except (LangSmithError, RequestException) as error:
        raise UploadError(
            settings.redact(
                f"The dataset cannot be uploaded to LangSmith at {client.api_url}: "
                f"{str(error).splitlines()[0]} Check LANGSMITH_ENDPOINT and LANGSMITH_API_KEY; "
                "what arrived is kept, and the same command goes on."
            )
        ) from error
    finally:
        client.close(timeout=0)
    return Uploaded(created, updated, dataset.url)


def _dataset(client: Client, name: str) -> Dataset:
    try:
        return client.read_dataset(dataset_name=name)
    except LangSmithNotFoundError:
        return client.create_dataset(name, description="Made by Officina.")


def _put(client: Client, dataset: UUID, examples: Sequence[dict[str, Any]]) -> tuple[int, int]:
    """Create the examples that are new and change the others; return how many of each."""
    there = {example.id for example in client.list_examples(dataset_id=dataset)}
    new = [example for example in examples if UUID(example["id"]) not in there]
    known = [example for example in examples if UUID(example["id"]) in there]
    for batch in _batches(new):
        client.create_examples(dataset_id=dataset, examples=[_new(example) for example in batch])
    for batch in _batches(known):
        client.update_examples(dataset_id=dataset, updates=[ExampleUpdate(**e) for e in batch])
    return len(new), len(known)


def _new(example: dict[str, Any]) -> ExampleCreate:
    others = {name: value for name, value in example.items() if name != "outputs"}
    return ExampleCreate(reference_outputs=example["outputs"], **others)


def _batches(examples: Sequence[dict[str, Any]]) -> Iterator[Sequence[dict[str, Any]]]:
    for start in range(0, len(examples), BATCH):
        yield examples[start : start + BATCH]


def _example(row: TrainingRow, split: Split, dataset: UUID, run_id: str) -> dict[str, Any]:
    return {
        "id": str(uuid5(dataset, row.id)),
        "inputs": {
            "question": row.question,
            "context": [
                {"passage_id": p.passage_id, "document": p.document, "text": p.text}
                for p in row.context
            ],
        },
        "outputs": {
            "answer": row.answer,
            "citations": [citation.model_dump() for citation in row.citations],
        },
        "metadata": {
            "id": row.id,
            "run": run_id,
            "document": row.document,
            "pages": list(row.pages),
            "section": row.section,
            "machine": row.machine_name,
            "machine_code": row.machine_code,
            "kind": row.kind,
            "difficulty": row.difficulty,
            "language": row.language,
            "answerable": row.answerable,
            "scores": row.scores.model_dump(),
        },
        "split": split,
    }
