"""No comparison of the suite passes on NaN: arrays, tensors, and what must differ."""

import ast
from pathlib import Path

import numpy as np
import pytest

TESTS = sorted((Path(__file__).parents[1]).rglob("*.py"))


@pytest.mark.parametrize("name", ["assert_array_equal", "assert_allclose"])
def test_arrays_with_nan_are_not_equal(name):
    compare, values = getattr(np.testing, name), np.array([1.0, np.nan])
    with pytest.raises(AssertionError, match="NaN"):
        compare(values, values)
    compare(values, values, equal_nan=True)
    compare(values[:1], values[:1])
    compare(np.array(["a"]), np.array(["a"])) if name == "assert_array_equal" else compare([1], [1 + 1e-9])


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_nothing_is_said_to_differ_by_not_being_close(path):
    """`not allclose` holds for NaN; a largest difference above a limit does not."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not) and isinstance(node.operand, ast.Call):
            called = node.operand.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            assert name not in ("allclose", "isclose"), f"{path.name}, line {node.lineno}"
