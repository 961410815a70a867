"""Small products have one thread to themselves, large ones what they had."""

from __future__ import annotations

import keras
import pytest

from cueline.training.threads import suited_threads

on_torch = pytest.mark.skipif(keras.backend.backend() != "torch", reason="torch's threads")


@on_torch
@pytest.mark.parametrize(("rows", "units", "inside"), [(16, 128, 1), (128, 256, 2)])
def test_threads_by_the_size_of_the_product(rows: int, units: int, inside: int) -> None:
    import torch
    from threadpoolctl import threadpool_info

    before = torch.get_num_threads()
    torch.set_num_threads(2)
    pools = {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}
    try:
        with suited_threads(rows, units):
            assert torch.get_num_threads() == inside
            now = {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}
            assert now == (dict.fromkeys(pools, 1) if inside == 1 else pools)
        assert torch.get_num_threads() == 2
        assert pools == {pool["filepath"]: pool["num_threads"] for pool in threadpool_info()}
    finally:
        torch.set_num_threads(before)
