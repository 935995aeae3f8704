"""The ledger of a run: rows come back, cut-off lines are dropped, and folders of other runs are refused."""

import pytest

from ketwork.experiments.ledger import digest, open_ledger
from ketwork.experiments.task import UserError

CONFIG = {"name": "test", "seed": 3}


def test_a_row_is_made_once(tmp_path):
    calls = []

    def make():
        calls.append(1)
        return {"value": 0.1 + 0.2}

    with open_ledger(tmp_path / "run", CONFIG) as ledger:
        ledger.expect(1)
        first = ledger.row("a", make)
    with open_ledger(tmp_path / "run", CONFIG, resume=True) as ledger:
        again = ledger.row("a", make)
        assert ledger.resumed == 1
    assert first == again and len(calls) == 1
    assert again["value"] == 0.1 + 0.2 and again["seconds"] >= 0


def test_an_interrupted_row_is_not_there(tmp_path):
    def stopped():
        raise KeyboardInterrupt

    with open_ledger(tmp_path, CONFIG) as ledger:
        ledger.row("a", lambda: {"value": 1})
        with pytest.raises(KeyboardInterrupt):
            ledger.row("b", stopped)
    with (tmp_path / "rows.jsonl").open("a") as file:
        file.write('{"key": "b", "va')
    with open_ledger(tmp_path, CONFIG, resume=True) as ledger:
        assert list(ledger.rows) == ["a"]
        ledger.row("b", lambda: {"value": 2})
    with open_ledger(tmp_path, CONFIG, resume=True) as ledger:
        assert [row["value"] for row in ledger.rows.values()] == [1, 2]


def test_ids_follow_the_config_alone():
    assert digest({"seed": 3, "name": "test"}) == digest(CONFIG) != digest({**CONFIG, "seed": 4})


def test_folders_that_cannot_be_used(tmp_path):
    file = tmp_path / "file"
    file.write_text("x")
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").write_text("x")
    run = tmp_path / "run"
    open_ledger(run, CONFIG)
    damaged = tmp_path / "damaged"
    open_ledger(damaged, CONFIG)
    (damaged / "config.json").write_text("{")
    for out, config, resume, words in (
        (file, CONFIG, False, "is a file"),
        (other, CONFIG, False, "holds no run"),
        (run, CONFIG, False, "add --resume"),
        (run, {**CONFIG, "seed": 4}, True, "another run"),
        (tmp_path / "new", CONFIG, True, "there is no run"),
        (damaged, CONFIG, True, "is damaged"),
    ):
        with pytest.raises(UserError, match=words):
            open_ledger(out, config, resume)


def test_the_bar_says_what_is_being_done(tmp_path):
    with open_ledger(tmp_path, CONFIG) as ledger:
        ledger.tell("adapt, seed 3: step 7")
        assert ledger._progress.tasks[0].description == "adapt, seed 3: step 7"
