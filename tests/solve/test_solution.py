import numpy as np
import pytest

from ketwork.operators.graph_problems import IndependentSet
from ketwork.operators.number_problems import Knapsack
from ketwork.solve.solution import Answer, Solution, answer, decoded

PATH = IndependentSet(3, [(0, 1), (1, 2)], known_optimum=2.0)


def _solution(samples: object) -> Solution:
    return Solution("test", 0.0, np.zeros(0), None, samples=None if samples is None else np.array(samples, np.uint8))


def test_the_best_feasible_sample_is_the_answer() -> None:
    found = answer(PATH, _solution([[0, 1, 0], [1, 1, 0], [1, 0, 1]]), rounds=0)
    assert found.bits.tolist() == [1, 0, 1]
    assert found.checked.feasible
    assert found.checked.gap == 0
    assert found.objective == 2
    assert found.feasible_share == pytest.approx(2 / 3)


def test_local_search_betters_it_and_the_raw_string_stays() -> None:
    found = answer(PATH, _solution([[0, 0, 0], [1, 0, 0]]), rounds=1)
    assert found.raw_bits.tolist() == [1, 0, 0]
    assert found.raw.objective == 1
    assert found.bits.tolist() == [1, 0, 1]


def test_infeasible_samples_are_said_to_be_so() -> None:
    found = answer(PATH, _solution([[1, 1, 1]]), rounds=0)
    assert isinstance(found, Answer)
    assert not found.checked.feasible
    assert found.feasible_share == 0
    assert found.checked.gap is None


def test_slack_bits_are_left_out() -> None:
    problem = Knapsack((1.0, 2.0), ((1.0, 2.0),), (2.0,))
    assert problem.n_qubits == 4
    rows = np.eye(problem.n_qubits, dtype=np.uint8)
    assert decoded(problem, rows).shape == (problem.n_qubits, 2)


def test_doors() -> None:
    with pytest.raises(ValueError, match="must hold samples"):
        answer(PATH, _solution(None))
    with pytest.raises(ValueError, match=r"must have shape \(S, 3\)"):
        decoded(PATH, np.zeros((2, 5), np.uint8))
    with pytest.raises(ValueError, match="rounds"):
        answer(PATH, _solution([[1, 0, 1]]), rounds=-1)
