"""An LSTM over sequences from a table of step vectors, in torch, every beginning run once.

Sequences that begin alike have the same outputs for as long as they are alike. So what is run is
the tree of their beginnings: under its root, before which nothing was read, all first steps, then
all second ones and so on, each level in one product. A step vector that occurs often (a word) was
multiplied with the kernel once, before: what comes in are those products and a number for each
node.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
from torch.autograd.function import once_differentiable

from cueline.layers.keras_compat import embedding_slope, sigmoid_slope, tanh_slope


class PrefixLSTM(torch.autograd.Function):
    """The output after each beginning; the first, at the root, is zeros.

    *Shapes:* products (D, 4U), the kernel's with each distinct step vector, bias added, in Keras's
    order of gates; steps (N,), rows of `products`; parents (N,), rows of the result, of the level
    before; recurrent (U, 4U); and `starts` (T,), the first node of each level -> (1 + N, U).
    """

    @staticmethod
    def forward(
        ctx: Any, products: Any, steps: Any, parents: Any, recurrent: Any, starts: list[int]
    ) -> Any:
        """The sigmoid of `z` is made too: all four gates at once take less time than three."""
        units, nodes = len(recurrent), len(steps)
        gates = products[steps]
        squashed, fresh = (gates.new_empty(nodes, units) for _ in range(2))
        cells, outputs = (gates.new_zeros(1 + nodes, units) for _ in range(2))
        kept = gates, *gates.split(units, 1), fresh, cells[1:], squashed, outputs[1:], parents
        levels = _by_level(starts, *kept)
        for level, (gate, i, f, raw, o, z, c, tanh, h, up) in enumerate(levels):
            if level:
                gate.addmm_(outputs.index_select(0, up), recurrent)
            torch.tanh(raw, out=z)
            gate.sigmoid_()
            torch.mul(i, z, out=c)
            if level:
                c.addcmul_(f, cells.index_select(0, up))
            torch.mul(o, torch.tanh(c, out=tanh), out=h)
        ctx.save_for_backward(steps, parents, recurrent, gates, fresh, cells, squashed, outputs)
        ctx.starts, ctx.distinct = starts, len(products)
        return outputs

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, slope: Any) -> tuple[Any, None, None, Any, None]:
        """Up the tree; what the slopes are multiplied by is made before, for all nodes at once.

        The gates' slopes take the gates' place.
        """
        steps, parents, recurrent, gates, fresh, cells, squashed, outputs = ctx.saved_tensors
        units, dh, dc = len(recurrent), slope.clone(), torch.zeros_like(slope)
        i, f, z, o = gates.split(units, 1)
        forgetting, opening = f.clone(), tanh_slope(o, squashed)
        tanh_slope(i, fresh, out=z)
        for other, gate in ((fresh, i), (cells.index_select(0, parents), f), (squashed, o)):
            sigmoid_slope(other, gate, out=gate)
        back, inner = recurrent.t().contiguous(), gates.view(-1, 4, units)[:, :3]
        kept = gates, inner, o, forgetting, opening, dh[1:], dc[1:], parents
        levels = list(_by_level(ctx.starts, *kept))
        for level in range(len(levels) - 1, -1, -1):
            gate, ifz, o, f, opened, h, c, up = levels[level]
            c.addcmul_(opened, h)
            ifz.mul_(c[:, None])
            o.mul_(h)
            if level:
                dc.index_add_(0, up, f.mul_(c))
                dh.index_add_(0, up, torch.mm(gate, back))
        products = embedding_slope(gates, steps, ctx.distinct)
        before = outputs.index_select(0, parents)
        return products, None, None, before.t() @ gates, None


def _by_level(starts: list[int], *arrays: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of all arrays, level by level."""
    return zip(*(array.tensor_split(starts[1:]) for array in arrays), strict=True)
