"""torch's LSTM kernels on a CPU, with weights as Keras lays them out.

Neither kernel looks at shapes: who calls has checked them. *Shapes:* weights are the kernel
(F, 4U), the recurrent kernel (U, 4U) and the bias (4U,) or None, their gates in the order i, f, c,
o, which is torch's too; inputs (B, T, F), h (B, U), c (B, U).
"""

from __future__ import annotations

from typing import Any

import torch

MAX_ROWS = 128
"""Rows that the fused kernel is given at a time: their gates stay in the near cache."""
MAX_CELLS = 4
"""Steps up to which a cell at a time is faster: the fused kernel first copies all weights."""
WEIGHTS_A_CELL = 25_000
"""Weights that are copied in the time of one step of one row, where no gradients are wanted."""


def run(weights: list[Any], inputs: Any, h: Any, c: Any) -> tuple[Any, Any, Any]:
    """Outputs (B, T, U), and h (B, U) and c (B, U) after the last step."""
    if inputs.shape[1] <= _max_cells(weights, len(inputs)):
        return _cells(weights, inputs, h, c)
    packed = _packed(weights)
    if len(inputs) <= MAX_ROWS:
        return _fused(packed, inputs, h, c)
    blocks = zip(*(part.split(MAX_ROWS) for part in (inputs, h, c)), strict=True)
    done = [_fused(packed, *block) for block in blocks]
    outputs, h, c = map(torch.cat, zip(*done, strict=True))
    return outputs, h, c


def last_of_each(weights: list[Any], inputs: Any, h: Any, c: Any, lengths: Any) -> Any:
    """The output at the last step of each row, (B, U), or zeros, as in Keras, if it has none.

    Rows of about the same length are run together, as far as the longest of them. *Shape:* lengths
    (B,).
    """
    order, packed = torch.argsort(lengths), _packed(weights)
    last = []
    for rows in order.split(MAX_ROWS):
        ends = lengths[rows].clamp(min=1)
        block = inputs[rows, : int(ends.max())]
        outputs, *_ = _fused(packed, block, h[rows], c[rows])
        last.append(outputs[torch.arange(len(rows)), ends - 1] * (lengths[rows] > 0)[:, None])
    return torch.cat(last)[torch.argsort(order)]


def _max_cells(weights: list[Any], rows: int) -> int:
    """Steps up to which a cell at a time is faster: more of them with one row and large weights."""
    if rows > 1 or torch.is_grad_enabled():
        return MAX_CELLS
    copied = weights[0].numel() + weights[1].numel()
    return max(MAX_CELLS, int(copied // WEIGHTS_A_CELL))


def _cells(weights: list[Any], inputs: Any, h: Any, c: Any) -> tuple[Any, Any, Any]:
    """Step by step, on the weights as they are."""
    kernel, recurrent, bias = weights
    kernel, recurrent, outputs = kernel.t(), recurrent.t(), []
    for step in inputs.unbind(1):
        h, c = torch.lstm_cell(step, (h, c), kernel, recurrent, bias)
        outputs.append(h)
    return torch.stack(outputs, 1), h, c


def _packed(weights: list[Any]) -> list[Any]:
    """As the fused kernel wants them: turned on their side, and with a second bias, to be added."""
    kernel, recurrent, bias = weights
    packed = [kernel.t().contiguous(), recurrent.t().contiguous()]
    return packed if bias is None else [*packed, bias, torch.zeros_like(bias)]


def _fused(packed: list[Any], inputs: Any, h: Any, c: Any) -> tuple[Any, Any, Any]:
    outputs, h, c = torch.lstm(
        inputs,
        (h.contiguous()[None], c.contiguous()[None]),
        packed,
        len(packed) == 4,  # biases
        1,  # layers
        0.0,  # dropout between layers
        torch.is_grad_enabled(),
        False,  # bidirectional
        True,  # batch first
    )
    return outputs, h[0], c[0]
