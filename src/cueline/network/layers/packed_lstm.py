"""An LSTM over sequences of different lengths from a table of step vectors, in torch, unpadded.

Sequences stand longest first, all their first steps together, then all second ones, so that each
step is one product for the rows that still go on. A step vector that occurs often (a word) was
multiplied with the kernel once, before: what comes in are those products and a number for each
step. And only the last output of each sequence is asked for, so a gradient enters each once.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch.autograd.function import once_differentiable

_ops = torch.ops.aten


class PackedLSTM(torch.autograd.Function):
    """The last output of each sequence.

    *Shapes:* products (D, 4U), the kernel's with each distinct step vector, bias added, in Keras's
    order of gates; steps (N,), rows of `products`; recurrent (U, 4U); and `counts` (T,), how many
    sequences have a first step, a second, and so on, never rising -> (counts[0], U).
    """

    @staticmethod
    def forward(ctx: Any, products: Any, steps: Any, recurrent: Any, counts: list[int]) -> Any:
        """Keeps gates, cells and outputs of every step, (N, 4U), (N, U), (N, U)."""
        units = len(recurrent)
        gates = products[steps]
        cells, squashed, outputs = (gates.new_empty(len(gates), units) for _ in range(3))
        last = gates.new_empty(counts[0] if counts else 0, units)
        first, c, h = 0, last, last
        for n, going_on in pairwise([*counts, 0]):
            here = slice(first, first + n)
            gate = gates[here]
            if first:
                gate.addmm_(h[:n], recurrent)
            i, f, z, o = gate.split(units, 1)
            gate[:, : 2 * units].sigmoid_()
            z.tanh_()
            o.sigmoid_()
            before, c = c, torch.mul(i, z, out=cells[here])
            if first:
                c.addcmul_(f, before[:n])
            h = torch.mul(o, torch.tanh(c, out=squashed[here]), out=outputs[here])
            last[going_on:n] = h[going_on:]
            first += n
        ctx.save_for_backward(steps, recurrent, gates, cells, squashed, outputs)
        ctx.counts, ctx.distinct = counts, len(products)
        return last

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, slope: Any) -> tuple[Any, None, Any, None]:
        """Back through time; the gates' slopes take the gates' place."""
        steps, recurrent, gates, cells, squashed, outputs = ctx.saved_tensors
        counts, units = ctx.counts, len(recurrent)
        dh, dc, spare = slope.clone(), torch.zeros_like(slope), torch.empty_like(slope)
        back = recurrent.t().contiguous()
        first = len(gates)
        for number in range(len(counts) - 1, -1, -1):
            n = counts[number]
            first -= n
            gate = gates[first : first + n]
            i, f, z, o = gate.split(units, 1)
            tanh, h, c, room = squashed[first : first + n], dh[:n], dc[:n], spare[:n]
            torch.mul(h, o, out=room)
            c += _ops.tanh_backward.grad_input(room, tanh, grad_input=room)
            torch.mul(h, tanh, out=room)
            _ops.sigmoid_backward.grad_input(room, o, grad_input=o)
            torch.mul(c, z, out=room)
            torch.mul(c, i, out=h)
            _ops.sigmoid_backward.grad_input(room, i, grad_input=i)
            _ops.tanh_backward.grad_input(h, z, grad_input=z)
            if number:
                torch.mul(c, cells[first - counts[number - 1] :][:n], out=room)
                c *= f
                _ops.sigmoid_backward.grad_input(room, f, grad_input=f)
                torch.mm(gate, back, out=h)
            else:
                f.zero_()
        before = _before(outputs, counts)
        products = _ops.embedding_dense_backward(gates, steps, ctx.distinct, -1, False)
        return products, None, before.t() @ gates[counts[0] if counts else 0 :], None


def _before(outputs: Any, counts: list[int]) -> Any:
    """The output just before each step but the first ones, (N - counts[0], U)."""
    first, parts = 0, []
    for n, going_on in pairwise(counts):
        parts.append(outputs[first : first + going_on])
        first += n
    return torch.cat(parts) if parts else outputs[:0]
