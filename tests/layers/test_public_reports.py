"""Each public report of `TimeDistributed` comes out right, and in Keras as docs/layers.md says."""

from __future__ import annotations

import io
import re
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from cueline.layers import TimeDistributed

from .public_reports import REPORTS, Report, outcome

PAGE = Path(__file__).parents[2] / "docs" / "layers.md"


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.run.__name__)
def test_a_report_comes_out_right(report: Report) -> None:
    assert outcome(report, TimeDistributed) == "right"


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.run.__name__)
def test_in_keras_it_comes_out_as_the_page_says(report: Report) -> None:
    assert outcome(report, keras.layers.TimeDistributed) == report.keras


def test_the_page_has_the_table() -> None:
    rows = [f"| {report.places} | {report.what} | {report.keras} | right |" for report in REPORTS]
    assert "\n".join(rows) in PAGE.read_text()


def test_its_example_prints_what_it_says() -> None:
    found = re.search(r"```python\n(.*?)```\n\n```text\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert found
    code, output = found.groups()
    printed = io.StringIO()
    with redirect_stdout(printed):
        exec(compile(code, str(PAGE), "exec"), {"__name__": "__main__"})
    assert printed.getvalue() == output


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="exported by torch")
@pytest.mark.filterwarnings("ignore")
def test_with_open_time_onnx_has_every_step_where_keras_has_one(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    import torch

    def steps(distributed: Any, *shape: int) -> tuple[int, ...]:
        model = keras.Sequential([keras.Input((None, 5)), distributed(keras.layers.Dense(2))])
        path, example = str(tmp_path / "model.onnx"), (torch.zeros(1, 1, 5),)
        axes = {"x": {0: "batch", 1: "time"}}
        torch.onnx.export(model, example, path, input_names=["x"], dynamic_axes=axes, dynamo=False)
        session = runtime.InferenceSession(path)
        return tuple(session.run(None, {"x": np.ones(shape, "float32")})[0].shape)

    assert steps(TimeDistributed, 2, 4, 5) == (2, 4, 2)
    assert steps(TimeDistributed, 3, 7, 5) == (3, 7, 2)
    assert steps(keras.layers.TimeDistributed, 2, 4, 5) == (2, 1, 2)
