"""Rows of a study's tables as typed dictionaries, so that a type checker knows their columns."""

from typing import TypedDict, TypeVar

import pandas as pd

Row = TypeVar("Row")


class ScoreRow(TypedDict):
    """A row of tables.comparison: a mean score with its 95 % interval."""

    experiment: str
    mean: float
    low: float
    high: float
    runs: int
    images: int


class EffectRow(TypedDict):
    """A row of ablation.ablation: the difference of an experiment to the reference."""

    test_dataset: str
    experiment: str
    metric: str
    difference: float
    low: float
    high: float
    p_holm: float
    clear: bool
    equivalent: bool
    resampled: str


class TransferRow(TypedDict):
    """A row of tables.transfer: IoU with its 95 % interval, and the predicted and true foreground fractions."""

    train_dataset: str
    test_dataset: str
    iou: float
    iou_low: float
    iou_high: float
    predicted_foreground: float
    true_foreground: float


class ClaimRow(TypedDict):
    """A row of claims.compare_claims: the claim, our side of the comparison, and the reason for the verdict."""

    claim: str
    verbatim: str
    source: str
    where: str
    metric: str
    dataset: str
    value: float
    expected: str
    experiment: str
    train_dataset: str
    test_dataset: str
    our_metric: str
    versus_experiment: str
    versus_train_dataset: str
    versus_test_dataset: str
    note: str
    reason: str


def records(table: pd.DataFrame, kind: type[Row]) -> list[Row]:
    """Return the rows of a table with the columns of a TypedDict; raise KeyError if the table lacks a column."""
    return table[[*kind.__annotations__]].to_dict("records")  # type: ignore[return-value]
