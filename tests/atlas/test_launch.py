"""`ketwork run`: what is listed, what is refused, what a run leaves, and that it goes on where it was stopped."""

import json

import pytest

from ketwork.atlas import ENTRIES, Entry, launch
from ketwork.atlas.launch import listed
from ketwork.experiments.task import UserError
from ketwork.report.page import Section
from ketwork.report.run_page import Check, Claim, Finding


def system(ledger, seed, quick):
    """Three numbers, of which the mean is the finding."""
    ledger.expect(3)
    rows = [ledger.row(f"part {k}", lambda k=k: part(seed, k)) for k in range(3)]
    mean = sum(row["value"] for row in rows) / 3
    return Finding(
        "A system", "of three parts", f"The mean is {mean}.", "open", (("3", "parts", ""),),
        (Claim("mean", "1", f"{mean}"),), ("It is another system.",),
        (Check("mean", "below 0", f"{mean}", mean < 0),), (Section("Parts", ("Three.",)),), {"mean": mean},
    )  # fmt: skip


made = []


def part(seed, k):
    made.append(k)
    return {"value": seed + k}


@pytest.fixture(autouse=True)
def known(monkeypatch):
    monkeypatch.setitem(ENTRIES, "three-parts", Entry("three-parts", "Three parts", "no paper", "Adds.", system))
    made.clear()


def test_the_list_names_every_system_once():
    lines = listed()
    assert len(lines) == len(ENTRIES) >= 3
    for entry, line in zip(ENTRIES.values(), lines, strict=True):
        assert line.startswith(entry.name) and entry.sentence in line and entry.paper in line


def test_a_run_leaves_what_it_promises(tmp_path):
    found = launch.launch("three-parts", 5, tmp_path / "run")
    result = json.loads((tmp_path / "run" / "result.json").read_text())
    assert result["metrics"] == {"mean": 6.0}
    assert result["config"] == {"name": "three-parts", "seed": 5, "quick": False}
    assert result["command"] == "ketwork run three-parts --seed 5"
    assert result["checks"][0]["passed"] is False and result["machine"]["numpy"]
    assert [row["value"] for row in result["rows"]] == [5, 6, 7]
    page = found.report.read_text()
    assert "NOT reached" in page and "It is another system." in page and "ketwork run three-parts --seed 5" in page
    assert "NOT REACHED" in found.lines[0]


def test_an_interrupted_run_goes_on(tmp_path):
    out = tmp_path / "run"
    launch.launch("three-parts", 1, out)
    whole = json.loads((out / "result.json").read_text())["metrics"]
    lines = (out / "rows.jsonl").read_text().splitlines(keepends=True)
    (out / "rows.jsonl").write_text(lines[0] + lines[1][:10])
    made.clear()
    with pytest.raises(UserError, match="--resume"):
        launch.launch("three-parts", 1, out)
    launch.launch("three-parts", 1, out, resume=True)
    assert made == [1, 2]
    assert json.loads((out / "result.json").read_text())["metrics"] == whole
    with pytest.raises(UserError, match="another run"):
        launch.launch("three-parts", 2, out, resume=True)


def test_what_is_refused(tmp_path):
    with pytest.raises(UserError, match="Did you mean three-parts"):
        launch.launch("three-part", 0, tmp_path / "a")
    with pytest.raises(UserError, match="`seed` must lie in"):
        launch.launch("three-parts", -1, tmp_path / "b")


def test_data_that_are_elsewhere_are_one_sentence(tmp_path, monkeypatch):
    def lacking(ledger, seed, quick):
        raise FileNotFoundError("There is no instance 'x'. Set KETWORK_DATA.")

    monkeypatch.setitem(ENTRIES, "lacking", Entry("lacking", "Lacking", "no paper", "Fails.", lacking))
    with pytest.raises(UserError, match="Set KETWORK_DATA"):
        launch.launch("lacking", 0, tmp_path / "run")
