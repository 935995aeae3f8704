"""Small networks are trained on one thread, and afterwards there are as many as before."""

from contextlib import suppress

import torch
from threadpoolctl import threadpool_info

from ketwork.search.small_nets import one_thread


def test_one_thread_while_it_lasts():
    before = torch.get_num_threads()
    with suppress(RuntimeError), one_thread():
        assert torch.get_num_threads() == 1
        assert all(pool["num_threads"] == 1 for pool in threadpool_info())
        raise RuntimeError("in the middle")
    assert torch.get_num_threads() == before


def test_as_a_decorator():
    @one_thread()
    def threads(more):
        return torch.get_num_threads() + more

    assert threads(1) == threads(more=1) == 2
