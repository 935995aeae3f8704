"""What an interrupted solver leaves comes back as it was, and bills add up."""

import json

import numpy as np

from ketwork.experiments.solving_state import Kept, decoded_state, encoded_state, joined
from ketwork.optimize import minimize
from ketwork.solve.solution import Solution


def solution(history, state=None):
    return Solution("vqe", history[-1], np.zeros(2), None, history, 3, 4, 5, 1.5, "interrupted", state or {})


def test_states_of_all_kinds_come_back():
    state = {
        "a": np.arange(6.0).reshape(2, 3), "b": [1, 2.5, None, "x"], "c": (1, np.array([1 + 2j])), 5: {"deep": True},
        "big": 2**100, "n": np.float64(0.1), "empty": np.zeros((0, 3)),
    }  # fmt: skip
    back = decoded_state(json.loads(json.dumps(encoded_state(state))))
    np.testing.assert_array_equal(back["a"], state["a"])
    assert back["b"] == state["b"] and back["c"][0] == 1 and back["c"][1][0] == 1 + 2j
    assert back[5] == {"deep": True} and back["big"] == 2**100 and back["n"] == 0.1
    assert isinstance(back["c"], tuple) and back["a"].dtype == float and back["empty"].shape[0] == 0


def test_an_optimiser_goes_on_where_it_was(tmp_path):
    def bowl(p):
        return float(p @ p)

    whole = minimize(bowl, np.ones(3), "spsa", 20, seed=1)
    part = minimize(bowl, np.ones(3), "spsa", 8, seed=1)
    kept = Kept(tmp_path, "vqe-0")
    kept.write(
        Solution("vqe", 0.0, part.params, None, part.history, state={"optimiser": part.state, "params": part.params})
    )
    back = kept.read()
    rest = minimize(bowl, back["state"]["params"], "spsa", 12, state=back["state"]["optimiser"], seed=1)
    np.testing.assert_allclose(rest.params, whole.params)
    kept.drop()
    assert kept.read() is None and not list(tmp_path.iterdir())


def test_a_file_that_was_cut_off_is_not_used(tmp_path):
    kept = Kept(tmp_path, "vqe-0")
    kept.write(solution([1.0], {"x": 1}))
    kept.path.write_text(kept.path.read_text()[:10])
    assert kept.read() is None


def test_nothing_is_kept_of_solvers_without_a_state(tmp_path):
    Kept(tmp_path, "rqaoa-0").write(solution([1.0]))
    assert Kept(tmp_path, "rqaoa-0").read() is None


def test_bills_add_up(tmp_path):
    kept = Kept(tmp_path, "vqe-0")
    kept.write(solution([3.0, 2.0], {"x": 1}))
    both = joined(kept.read(), solution([1.0]))
    assert both.history == [3, 2, 1] and (both.n_evaluations, both.circuits, both.shots, both.seconds) == (6, 8, 10, 3)
    assert joined(kept.read(), solution([3.0, 2.0, 1.0])).history == [3, 2, 1]  # told from the start
    assert joined(None, solution([1.0])).history == [1]
