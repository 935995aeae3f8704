"""The command line, as a user meets it: good runs, resumed runs, and every kind of bad input."""

import json
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from ketwork.cli import main

QUICK = ["--seeds", "2", "--fits", "1", "--epochs", "4", "--layers", "1"]


def table(path, rows, header="a,b,label"):
    path.write_text("\n".join([header, *rows]) + "\n")
    return str(path)


def good_rows(n=40):
    rng = np.random.default_rng(0)
    return [f"{a:.3f},{b:.3f},{'yes' if a > b else 'no'}" for a, b in rng.normal(size=(n, 2))]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run on a user's table."""
    folder = tmp_path_factory.mktemp("run")
    data = table(folder / "points.csv", good_rows())
    assert main(["fit", data, "--target", "label", "--out", str(folder / "out"), *QUICK]) == 0
    return folder


def test_a_run_leaves_what_it_promises(finished):
    out = finished / "out"
    result = json.loads((out / "result.json").read_text())
    assert result["verdict"].startswith("On ")
    assert {row["kind"] for row in result["rows"]} == {"quantum", "baseline", "ablation"}
    assert len(result["rows"]) == 2 * 7
    assert result["command"].startswith("ketwork fit")
    assert result["data"]["sha256"]
    for row in result["rows"]:
        assert 0 <= row["accuracy"] <= 1
        assert np.sum(row["confusion"]) == 10
    assert (out / "report.html").stat().st_size > 20_000
    assert len(list((out / "figures").glob("*.svg"))) >= 4
    assert not list(out.rglob("*.pkl"))


def test_same_command_same_metrics(finished, tmp_path):
    assert (
        main(["fit", str(finished / "points.csv"), "--target", "label", "--out", str(tmp_path / "again"), *QUICK]) == 0
    )
    a, b = (json.loads((p / "result.json").read_text()) for p in (finished / "out", tmp_path / "again"))
    assert a["metrics"] == b["metrics"]


def test_an_interrupted_run_goes_on(finished, tmp_path):
    out = tmp_path / "out"
    shutil.copytree(finished / "out", out)
    lines = (out / "rows.jsonl").read_text().splitlines()
    (out / "rows.jsonl").write_text("\n".join(lines[:5]) + "\n" + lines[5][:40])
    for name in ("result.json", "report.html"):
        (out / name).unlink()
    words = ["fit", str(finished / "points.csv"), "--target", "label", "--out", str(out), *QUICK]
    assert main(words) == 2
    assert main([*words, "--resume"]) == 0
    a, b = (json.loads((p / "result.json").read_text()) for p in (finished / "out", out))
    assert a["metrics"] == b["metrics"]
    assert len((out / "rows.jsonl").read_text().splitlines()) >= 14


def test_a_comparison_over_data_sets(tmp_path, capsys):
    words = ["compare", table(tmp_path / "t.csv", good_rows()), "linearly-separable:features=2,samples=40"]
    words += ["--models", "kernel", "--baselines", "logistic regression", "--budget", "2", "--inner", "1"]
    words += ["--folds", "2", "--no-ablations", "--out", str(tmp_path / "out")]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "Over 2 data sets, quantum kernel against the best baseline of each (Holm's correction over 2 tests)" in said
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert len(result["rows"]) == 2 * 2 * 2
    assert main(words) == 2
    assert "add --resume" in capsys.readouterr().err
    assert main([*words, "--resume"]) == 0
    assert json.loads((tmp_path / "out" / "result.json").read_text())["rows"] == result["rows"]


def test_predict(finished, tmp_path, capsys):
    data = table(tmp_path / "new.csv", ["5.0,-5.0", "-5.0,5.0"], "a,b")
    assert main(["predict", str(finished / "out"), data]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "prediction,probability"
    assert len(lines) == 3
    assert {line.split(",")[0] for line in lines[1:]} <= {"yes", "no"}
    assert main(["predict", str(finished / "out"), data, "--out", str(tmp_path / "p.csv")]) == 0
    assert len((tmp_path / "p.csv").read_text().splitlines()) == 3


def test_kernel_model_runs_and_predicts(tmp_path, capsys):
    data = table(tmp_path / "points.csv", good_rows())
    out = str(tmp_path / "out")
    assert main(["fit", data, "--model", "kernel", "--seeds", "1", "--fits", "2", "--out", out]) == 0
    capsys.readouterr()
    assert main(["predict", out, data]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 41


def test_a_run_on_a_device(tmp_path, capsys):
    data = table(tmp_path / "points.csv", good_rows())
    words = ["fit", data, "--device", "lima", "--shots", "100", "--out", str(tmp_path / "out"), *QUICK]
    assert main(words) == 0
    assert (
        "the quantum model on lima (2021-03-15, simulated with 100 shots a circuit) reaches" in capsys.readouterr().out
    )
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["device"]["name"] == "lima"
    runs = [row["on_device"]["evaluations"] for row in result["rows"] if row["kind"] == "quantum"]
    assert [len(found) for found in runs] == [6, 6]
    assert {path.stem for path in (tmp_path / "out" / "figures").glob("*.svg")} >= {"device", "map"}
    report = (tmp_path / "out" / "report.html").read_text()
    assert "Ideal, noisy, mitigated" in report
    assert main(["predict", str(tmp_path / "out"), data, "--device", "lima"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 41


def test_an_interrupted_run_on_a_device_goes_on_to_the_same_numbers(tmp_path):
    data = table(tmp_path / "points.csv", good_rows())
    words = ["fit", data, "--device", "lima", "--shots", "50", *QUICK, "--out"]
    assert main([*words, str(tmp_path / "whole")]) == 0
    shutil.copytree(tmp_path / "whole", tmp_path / "cut")
    rows = tmp_path / "cut" / "rows.jsonl"
    rows.write_text("".join(line + "\n" for line in rows.read_text().splitlines()[:7]))
    assert main([*words, str(tmp_path / "cut"), "--resume"]) == 0
    results = [json.loads((tmp_path / name / "result.json").read_text()) for name in ("whole", "cut")]
    assert results[0]["metrics"] == results[1]["metrics"]
    found = [
        [{**e, "seconds": 0} for row in r["rows"] for e in row.get("on_device", {}).get("evaluations", [])]
        for r in results
    ]
    assert found[0] == found[1]


def test_devices_are_listed_and_shown(tmp_path, capsys):
    assert main(["devices"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ["name", "qubits"]
    assert ["lima", "5"] in [line.split()[:2] for line in lines]
    assert main(["devices", "show", "lima", "--map", str(tmp_path / "lima.svg")]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("lima: 5 qubits")
    assert "<svg" in (tmp_path / "lima.svg").read_text()


def bad_inputs():
    """(name, how to make the words, what the one line must say)."""
    yield "missing file", lambda t: ["fit", str(t / "no.csv")], "no.csv"
    yield "unknown name", lambda t: ["fit", "digit"], "Did you mean digits"
    yield "empty file", lambda t: ["fit", table_text(t, "")], "is empty"
    yield "header alone", lambda t: ["fit", table_text(t, "a,b\n")], "no data rows"
    yield (
        "unknown column",
        lambda t: ["fit", table(t / "d.csv", good_rows()), "--target", "labl"],
        "Did you mean 'label'",
    )
    yield "text feature", lambda t: ["fit", table(t / "d.csv", ["x,1,yes", "y,2,no"] * 9)], "Encode it as numbers"
    yield "nan", lambda t: ["fit", table(t / "d.csv", [*good_rows(), "nan,1,yes"])], "holds nan in data row 41"
    yield "empty cell", lambda t: ["fit", table(t / "d.csv", [*good_rows(), ",1,yes"])], "holds nan"
    yield "infinity", lambda t: ["fit", table(t / "d.csv", [*good_rows(), "1,inf,yes"])], "holds inf"
    yield "one class", lambda t: ["fit", table(t / "d.csv", ["1,2,yes", "2,3,yes", "3,1,yes"])], "at least 2 are needed"
    yield "few rows", lambda t: ["fit", table(t / "d.csv", ["1,2,a", "2,3,b", "3,1,c"])], "too few"
    yield "constant", lambda t: ["fit", table(t / "d.csv", ["1,2,a", "1,2,b"] * 5)], "constant"
    yield "ragged", lambda t: ["fit", table(t / "d.csv", ["1,2,a", "1,2"])], "line 3"
    yield "unknown model", lambda t: ["fit", "iris", "--model", "kernle"], "Did you mean 'kernel'"
    yield "unknown encoding", lambda t: ["fit", "iris", "--encoding", "angel"], "Did you mean 'angle'"
    yield "unknown option", lambda t: ["fit", "iris", "--seds", "3"], "--seeds"
    yield "unknown command", lambda t: ["fti", "iris"], "fit"
    yield "bad number", lambda t: ["fit", "iris", "--seeds", "0"], "seeds"
    yield "target of a built-in", lambda t: ["fit", "iris", "--target", "x"], "--target is for files"
    yield "output is a file", lambda t: ["fit", "iris", "--out", table(t / "d.csv", [])], "is a file"
    yield "numbers to fit", lambda t: ["fit", "diabetes", "--out", str(t / "o")], "has numbers as targets"
    yield "unknown generator option", lambda t: ["compare", "hyperplanes:plane=2"], "Did you mean 'planes'"
    yield "unknown contender", lambda t: ["compare", "iris", "--models", "kernle"], "Did you mean 'kernel'"
    yield "no budget", lambda t: ["compare", "iris", "--budget", "0"], "`budget` must lie in"
    yield "classes and numbers", lambda t: ["compare", "iris", "diabetes", "--out", str(t / "o")], "numbers as targets"
    yield "nothing to resume", lambda t: ["fit", "iris", "--out", str(t / "none"), "--resume"], "there is no run"
    yield "unknown device", lambda t: ["fit", "iris", "--device", "liam"], "Did you mean 'lima'"
    yield "small device", lambda t: ["fit", "iris", "--device", "lima", "--qubits", "7"], "7 qubits, but device 'lima'"
    yield "no shots", lambda t: ["fit", "iris", "--device", "lima", "--shots", "0"], "`shots` must lie in"
    yield "unknown mitigation", lambda t: ["fit", "iris", "--device", "lima", "--mitigation", "zen"], "mean 'zne'"
    yield "mitigation of nothing", lambda t: ["fit", "iris", "--mitigation", "zne"], "name one with --device"
    yield (
        "unknown training",
        lambda t: ["fit", "iris", "--device", "lima", "--train-on", "idel"],
        "Did you mean 'ideal'",
    )
    yield "too many pairs", lambda t: ["fit", "digits", "--model", "kernel", "--device", "lima"], "907,878 circuits"
    yield "unknown device to show", lambda t: ["devices", "show", "lma"], "Did you mean 'lima'"
    yield "unknown form of map", lambda t: ["devices", "show", "lima", "--map", str(t / "m.txt")], ".svg, .png or .pdf"
    yield (
        "no folder for a map",
        lambda t: ["devices", "show", "lima", "--map", str(t / "no" / "m.svg")],
        "cannot be written",
    )
    yield "unknown word of devices", lambda t: ["devices", "shwo"], "show"
    yield "no run to predict", lambda t: ["predict", str(t), "iris"], "holds no finished run"
    yield "strange output folder", strange_folder, "holds no run"
    yield from bad_searches()


def bad_searches():
    """Those of `search` and `leaderboard`."""
    small = ["search", "H2_0.7414", "--method", "random"]
    yield "unknown task", lambda t: ["search", "stat:ghz:3"], "Did you mean state"
    yield "unknown search", lambda t: ["search", "H2_0.7414", "--method", "evolution"], "Did you mean 'evolutionary'"
    yield "budget for no circuit", lambda t: [*small, "--budget", "2"], "`budget` must be at least"
    yield "unknown gate", lambda t: [*small, "--gates", "rx,cnott"], "'cnott'"
    yield "small device to search", lambda t: ["search", "tfim:ring:6", "--device", "lima"], "5 qubits"
    yield "no seeds to search", lambda t: [*small, "--seeds", "0"], "`seeds` must lie in"
    yield "bad noise", lambda t: [*small, "--noise", "depolarizing:2"], "depolarizing:P1,P2"
    yield "unknown standard task", lambda t: ["leaderboard", "--task", "h3"], "must be one of h2, lih"


def table_text(folder, text):
    (folder / "e.csv").write_text(text)
    return str(folder / "e.csv")


def strange_folder(folder):
    (folder / "full").mkdir()
    (folder / "full" / "notes.txt").write_text("mine")
    return ["fit", "iris", "--out", str(folder / "full")]


@pytest.mark.parametrize(("words", "message"), [pytest.param(w, m, id=name) for name, w, m in bad_inputs()])
def test_bad_input_is_one_line_and_code_2(words, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(words(tmp_path)) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert len(captured.err.strip().splitlines()) == 1
    assert "Traceback" not in captured.err


def test_folder_of_another_run_is_refused(finished, capsys):
    assert main(["fit", "iris", "--out", str(finished / "out"), *QUICK]) == 2
    assert "already holds another run" in capsys.readouterr().err


def test_no_room_and_no_permission(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: shutil._ntuple_diskusage(10, 10, 0))
    assert main(["fit", "iris", "--out", str(tmp_path / "out"), *QUICK]) == 2
    assert "no room" in capsys.readouterr().err


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("ketwork ")


def test_ctrl_c_says_how_to_go_on(tmp_path):
    """A real signal to a real process, and the same numbers after --resume as without."""
    listening = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"  # CI may run in the background
    )
    code = f"{listening}; import sys; from ketwork.cli import main; sys.exit(main())"
    command = [sys.executable, "-c", code]
    words = ["fit", "moons", "--seeds", "4", "--fits", "2", "--epochs", "40", "--layers", "1", "--out"]
    run = subprocess.Popen(
        [*command, *words, str(tmp_path / "cut")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    rows, deadline = tmp_path / "cut" / "rows.jsonl", time.monotonic() + 60
    while not (rows.exists() and rows.read_text().count("\n") >= 2) and time.monotonic() < deadline:
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130, said
    assert "--resume goes on with it" in said
    assert main([*words, str(tmp_path / "cut"), "--resume"]) == 0
    assert main([*words, str(tmp_path / "whole")]) == 0
    results = [json.loads((tmp_path / name / "result.json").read_text())["metrics"] for name in ("cut", "whole")]
    assert results[0] == results[1]


@pytest.mark.parametrize("command", ["solve", "search", "diagnose", "compare"])
def test_help_is_shown_as_it_was_written(command, capsys):
    main([command, "--help"])
    shown = capsys.readouterr().out
    assert "Usage:" in shown
    assert not [letter for letter in shown if ord(letter) > 0xFFFF]  # `:ring:` in a help text would become a picture
