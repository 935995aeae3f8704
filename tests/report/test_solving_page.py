"""The command `ketwork solve` from words to files: reports, results, and every kind of bad input in one line."""

import json

import pytest

from ketwork.cli import main

QUICK = ["--seeds", "2", "--reference-seconds", "2"]


@pytest.fixture(scope="module")
def spins(tmp_path_factory):
    out = tmp_path_factory.mktemp("solve") / "run"
    assert main(["solve", "tfim:chain:3", "--method", "vqe,adapt", "--layers", "2", "--out", str(out), *QUICK]) == 0
    return out


def test_a_run_leaves_what_it_promises(spins):
    result = json.loads((spins / "result.json").read_text())
    assert result["verdict"].endswith("the classical solver is better.")
    assert (
        result["command"]
        == "ketwork solve tfim:chain:3 --method vqe,adapt --layers 2 --seeds 2 --reference-seconds 2.0"
    )
    assert result["problem"] == {"name": "tfim:chain:3", "qubits": 3}
    assert {row["method"] for row in result["rows"]} == {"exact diagonalisation", "vqe", "adapt"}
    assert result["metrics"]["vqe"]["error_percent"]["mean"] >= -1e-9
    page = (spins / "report.html").read_text()
    assert (
        "The ground energy of tfim:chain:3" in page
        and "http" not in page.split("</style>")[1].replace("w3.org", "")[:200]
    )
    for name in ("convergence.svg", "circuit.svg"):
        assert (spins / "figures" / name).is_file()


def test_the_same_command_gives_the_same_metrics(spins, tmp_path):
    words = [
        "solve",
        "tfim:chain:3",
        "--method",
        "vqe,adapt",
        "--layers",
        "2",
        "--out",
        str(tmp_path / "again"),
        *QUICK,
    ]
    assert main(words) == 0
    a, b = (json.loads((place / "result.json").read_text()) for place in (spins, tmp_path / "again"))
    assert a["metrics"] == b["metrics"]
    assert main(words) == 2  # it is there
    assert main([*words, "--resume"]) == 0


def test_an_instance(tmp_path, capsys):
    graph = tmp_path / "square.txt"
    graph.write_text("4 4\n1 2 1\n2 3 1\n3 4 1\n4 1 1\n")
    assert main(["solve", str(graph), "--out", str(tmp_path / "run"), *QUICK]) == 0
    said = capsys.readouterr().out
    assert "found the optimum of square, 4, in all 2 repetitions" in said and "HiGHS" in said
    assert {"scores.svg", "samples.svg"} <= {path.name for path in (tmp_path / "run" / "figures").iterdir()}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["LiF"], "Did you mean LiH"),
        (["LiH", "--method", "qaoa"], "not for a Hamiltonian"),
        (["maxcut:ring:5", "--method", "uccsd"], "not for an optimisation problem"),
        (["maxcut:ring:5", "--method", "xy-qaoa"], "exactly one variable"),
        (["heisenberg:chain:45"], "2,251,799,813,685,248 bytes"),
        (["LiH", "--device", "limo"], "Did you mean 'lima'"),
        (["LiH", "--seeds", "0"], "`seeds` must lie in"),
        (["LiH", "--active", "2,2"], "--active is for molecules from .xyz files"),
        (["LiH", "--optimizer", "spas"], "Did you mean 'spsa'"),
        (["tfim:chain:3:feld=1"], "Did you mean field"),
        (["LiH", "--mehtod", "vqe"], "--method"),
    ],
)
def test_bad_input_is_one_line(tmp_path, capsys, words, said):
    assert main(["solve", *words, "--out", str(tmp_path / "run")]) == 2
    error = capsys.readouterr().err
    assert said in error and error.count("\n") == 1 and not (tmp_path / "run").exists()


def test_malformed_files_are_one_line(tmp_path, capsys):
    (tmp_path / "bad.xyz").write_text("2\n\nH 0 0 0\nH 0 0\n")
    (tmp_path / "bad.txt").write_text("3 2\n1 2 1\n2 7 1\n")
    (tmp_path / "bad.json").write_text('{"terms": {"XX": "i"}}')
    for name, said in (("bad.xyz", "bad.xyz, line 4"), ("bad.txt", "bad.txt, line 3"), ("bad.json", "real number")):
        assert main(["solve", str(tmp_path / name), "--out", str(tmp_path / "run")]) == 2
        error = capsys.readouterr().err
        assert said in error and error.count("\n") == 1 and not (tmp_path / "run").exists()
