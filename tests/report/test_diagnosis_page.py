"""The command `ketwork diagnose` from words to files: verdict, report, figures, and bad input in one line."""

import json

import pytest

from ketwork import Circuit
from ketwork.cli import main


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three finished runs: an ansatz, an encoding with trainable scales, a file."""
    place = tmp_path_factory.mktemp("diagnose")
    (place / "ghz.qasm").write_text(Circuit(3).h(0).cx(0, 1).cx(1, 2).to_qasm3())
    for name, model in (
        ("ansatz", "hardware_efficient:3:2"),
        ("encoding", "reuploading:2:2"),
        ("file", place / "ghz.qasm"),
    ):
        assert main(["diagnose", str(model), "--samples", "60", "--out", str(place / name)]) == 0
    return place


def test_a_run_leaves_what_it_promises(runs):
    result = json.loads((runs / "ansatz" / "result.json").read_text())
    assert result["command"] == "ketwork diagnose hardware_efficient:3:2 --samples 60"
    assert result["verdict"].startswith("At 3 qubits exact simulation does the same")
    assert "barren plateau" in result["verdict"]
    assert result["metrics"]["decay"]["global"]["factor"] < 0.5
    assert 0 < result["metrics"]["entangling"]["mean"] < 1
    page = (runs / "ansatz" / "report.html").read_text()
    for title in ("Would a classical method do the same?", "What it can express", "Can it be trained?", "Fisher"):
        assert title in page
    names = {path.stem for path in (runs / "ansatz" / "figures").iterdir()}
    assert names == {"classical", "fidelities", "layers", "gradients", "fisher", "circuit"}


def test_an_encoding_has_its_spectrum_and_its_kernel(runs):
    page = (runs / "encoding" / "report.html").read_text()
    for title in (
        "Fourier spectrum",
        "Its kernel beside classical ones",
        "Kernel concentration",
        "geometric difference",
    ):
        assert title in page
    assert "Inputs are random here, so this says nothing of data." in page
    assert (runs / "encoding" / "figures" / "fourier.svg").is_file()


def test_a_clifford_file_is_called_easy(runs, capsys):
    result = json.loads((runs / "file" / "result.json").read_text())
    assert "Clifford simulation" in result["verdict"]
    assert "no gradients and no Fisher information" in (runs / "file" / "report.html").read_text()
    assert main(["diagnose", str(runs / "ghz.qasm"), "--samples", "60", "--out", str(runs / "file"), "--resume"]) == 0
    told = capsys.readouterr().out
    assert "3 qubits, 3 gates, 0 weights, 0 inputs." in told and "report.html" in told


def test_the_same_command_gives_the_same_metrics(runs, tmp_path):
    assert main(["diagnose", "hardware_efficient:3:2", "--samples", "60", "--out", str(tmp_path / "a")]) == 0
    first, again = (json.loads((place / "result.json").read_text()) for place in (runs / "ansatz", tmp_path / "a"))
    assert first["metrics"] == again["metrics"] and first["verdict"] == again["verdict"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["hardware_eficient:3:2"], "Did you mean 'hardware_efficient'"),
        (["iqp:x"], "such as iqp:6:3"),
        (["iqp:3", "--samples", "2"], "`samples` must lie in [20, 100000]"),
        (["iqp:3", "--seed", "-1"], "`seed` must lie in"),
        (["iqp:3", "--resume"], "--resume: there is no run"),
        ([], "Missing argument"),
    ],
)
def test_bad_input_is_one_line_and_leaves_nothing(words, message, tmp_path, capsys):
    assert main(["diagnose", *words, "--out", str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert message in told and told.count("\n") == 1
    assert not (tmp_path / "out").exists()
