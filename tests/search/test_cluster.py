"""Circuits trained on a Ray cluster of two nodes: the answers of one process, even where a node is lost."""

import socket
import sys
import threading
import time

import numpy as np
import pytest

from ketwork import PauliSum
from ketwork.search import Budget, Energy, Inner, Space, Task, draw, seek
from ketwork.search.cluster import RayCluster
from ketwork.search.tasks import answers, measure_all

GOAL = Energy(PauliSum.from_dict({"ZZI": 1.0, "IZZ": 1.0, "XII": 0.5, "IXI": 0.5, "IIX": 0.5}), -2.5)
TASK = Task("ideal", GOAL, Space(3, max_gates=12), inner=Inner(steps=25))


def jobs_of(count):
    jobs = []

    def caught(task, asked):
        jobs.extend(asked)
        return measure_all(task, asked)

    rng = np.random.default_rng(8)
    answers(TASK, [draw(TASK.space, rng) for _ in range(count)], Budget(), at_once=caught)
    return jobs


def same(found, wanted):
    assert len(found) == len(wanted)
    for one, other in zip(found, wanted, strict=True):
        assert one.value == other.value and one.evaluations == other.evaluations
        assert np.array_equal(one.params, other.params)


@pytest.mark.slow
def test_two_nodes_and_one_that_is_lost():
    pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    size = {"num_cpus": 1, "object_store_memory": 80 * 2**20, "include_dashboard": False}
    cluster = Cluster(initialize_head=True, head_node_args=size)
    try:
        other = cluster.add_node(num_cpus=1, object_store_memory=80 * 2**20)
        cluster.wait_for_nodes()
        with RayCluster(cluster.address) as ray:
            assert ray.cpus == 2
            jobs = jobs_of(60)
            wanted = measure_all(TASK, jobs)
            same(list(ray(TASK, jobs)), wanted)
            alone = seek(TASK, "random", 4000, 3)
            shared = seek(TASK, "random", 4000, 3, at_once=ray)
            assert shared.errors == alone.errors and shared.spent == alone.spent
            found = []
            for number, answer in enumerate(ray(TASK, jobs)):
                found.append(answer)
                if number == 10:  # in the middle: most are still to come
                    cluster.remove_node(other, allow_graceful=False)
            same(found, wanted)
            until = time.monotonic() + 60
            while ray.cpus > 1 and time.monotonic() < until:
                time.sleep(0.5)
            assert ray.cpus == 1
            same(list(ray(TASK, jobs[:5])), wanted[:5])
            bad = jobs[0]._replace(start=np.zeros(50))
            with pytest.raises(ValueError, match=r"must hold .* angles, but holds 50"):
                list(ray(TASK, [bad]))
    finally:
        cluster.shutdown()


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("127.0.0.1:9", r"There is no Ray cluster at 127\.0\.0\.1:9 \(.*refused.*ray start --head"),
        ("nowhere", "address of a Ray cluster is HOST:PORT"),
        ("host:port", "address of a Ray cluster is HOST:PORT"),
        ("no-such-host.invalid:6379", r"There is no Ray cluster at no-such-host\.invalid:6379"),
    ],
)
def test_addresses_where_no_cluster_is(address, message):
    pytest.importorskip("ray")
    with pytest.raises(ConnectionError, match=message):
        RayCluster(address, timeout=5)


@pytest.mark.slow
def test_something_that_is_no_cluster_does_not_hold_us_up():
    pytest.importorskip("ray")
    with socket.create_server(("127.0.0.1", 0)) as server:
        kept = []
        threading.Thread(target=lambda: kept.append(server.accept()), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(ConnectionError, match="was not joined: no answer in 3 s"):
            RayCluster(f"127.0.0.1:{server.getsockname()[1]}", timeout=3)
        assert time.monotonic() - began < 30


def test_without_ray_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ImportError, match=r"pip install 'ketwork\[scale\]'"):
        RayCluster("127.0.0.1:6379")
