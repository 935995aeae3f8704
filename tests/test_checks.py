"""The door's vocabulary: what passes, and one grammar for what does not."""

import numpy as np
import pytest

from ketwork.checks import check_array, check_choice, check_int, check_real, need_extra


def test_what_passes_comes_back_converted():
    assert check_int("n", np.int32(4), 0, 4) == 4
    assert type(check_int("n", np.int32(4))) is int
    assert check_real("p", np.float32(0.5), 0, 1) == 0.5
    assert check_choice("c", "a", "ab") == "a"
    array = check_array("x", [[1, 2], [3, 4]], 2)
    assert array.dtype == np.float64
    assert check_array("x", [np.nan], 1, finite=False).shape == (1,)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: check_int("n", 2.0), TypeError, "Argument `n` must be an integer, but is 2.0 (float)."),
        (lambda: check_int("n", True), TypeError, "Argument `n` must be an integer, but is True (bool)."),
        (lambda: check_int("n", 5, 0, 4), ValueError, "Argument `n` must lie in [0, 4], but is 5."),
        (lambda: check_int("n", -1, 0), ValueError, "Argument `n` must be at least 0, but is -1."),
        (lambda: check_int("n", 9, None, 8), ValueError, "Argument `n` must be at most 8, but is 9."),
        (lambda: check_real("p", "1"), TypeError, "Argument `p` must be a real number, but is '1' (str)."),
        (lambda: check_real("p", np.inf), ValueError, "Argument `p` must be finite, but is inf."),
        (lambda: check_real("p", 1.3, 0, 1), ValueError, "Argument `p` must lie in [0, 1], but is 1.3."),
        (
            lambda: check_choice("c", "doble", ["single", "double"]),
            ValueError,
            "Argument `c` must be one of single, double, but is 'doble'. Did you mean 'double'?",
        ),
        (
            lambda: check_array("x", "abc", 1),
            TypeError,
            "Argument `x` must be an array of numbers, but is 'abc' (str).",
        ),
        (lambda: check_array("x", [1j], 1), TypeError, "Argument `x` must be real, but is complex."),
        (
            lambda: check_array("x", [1.0], 2),
            ValueError,
            "Argument `x` must have 2 axes, but has shape (1,). Use reshape(1, -1) for a single sample, "
            "reshape(-1, 1) for a single feature.",
        ),
        (
            lambda: check_array("x", [[1, np.nan]], 2),
            ValueError,
            "Argument `x` must be finite, but holds nan at index (0, 1).",
        ),
    ],
)
def test_one_grammar(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value) == message


def test_a_missing_extra_is_named(monkeypatch, tmp_path):
    assert need_extra("json.decoder", "qiskit").JSONDecoder
    with pytest.raises(
        ImportError, match=r"no_such_module is not installed. It comes with: pip install 'ketwork\[qiskit\]'"
    ):
        need_extra("no_such_module.part", "qiskit")
    (tmp_path / "halfway.py").write_text("import what_it_needs\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="what_it_needs"):  # the module is there: another one is missing
        need_extra("halfway", "qiskit")
