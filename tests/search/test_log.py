"""The log: what was written is there again, but for a line that was cut off; nobody else's is taken."""

import numpy as np
import pytest

from ketwork.search.inner import Trained
from ketwork.search.log import Log

ANSWERS = {f"key{k}": Trained(k / 3, np.linspace(0, 1, k) / 7, 10 * k) for k in range(4)}


def written(folder, answers=ANSWERS):
    with Log(folder) as log:
        for key, answer in answers.items():
            log.write(key, answer)


def same(found, wanted):
    assert list(found) == list(wanted)
    for key, answer in wanted.items():
        assert found[key].value == answer.value and found[key].evaluations == answer.evaluations
        assert np.array_equal(found[key].params, answer.params)


def test_answers_come_back_to_the_last_bit(tmp_path):
    written(tmp_path)
    with Log(tmp_path) as log:
        same(log.answers, ANSWERS)


def test_an_answer_is_on_disk_before_write_returns(tmp_path):
    with Log(tmp_path) as log:
        log.write("a", ANSWERS["key2"])
        assert (tmp_path / "answers.jsonl").read_text().endswith("\n")


@pytest.mark.parametrize("cut", range(1, 60, 7))
def test_a_last_line_that_was_cut_off_is_dropped(tmp_path, cut):
    written(tmp_path)
    path = tmp_path / "answers.jsonl"
    text = path.read_text()
    assert len(text.splitlines()[-1]) > 60
    path.write_text(text[:-cut])
    with Log(tmp_path) as log:
        same(log.answers, {key: ANSWERS[key] for key in list(ANSWERS)[:3]})
        log.write("key3", ANSWERS["key3"])
    with Log(tmp_path) as log:
        same(log.answers, ANSWERS)


def test_a_checkpoint_stands_for_what_was_before(tmp_path):
    with Log(tmp_path) as log:
        log.write("a", ANSWERS["key1"])
        log.checkpoint({"rng": np.random.default_rng(5), "n": 3})
        log.write("b", ANSWERS["key2"])
    with Log(tmp_path) as log:
        assert list(log.answers) == ["b"]
        state = log.restore()
        assert state["n"] == 3 and state["rng"].random() == np.random.default_rng(5).random()


def test_in_memory(tmp_path):
    with Log() as log:
        log.write("a", ANSWERS["key1"])
        log.checkpoint({"n": 3})
        assert log.restore() is None and list(log.answers) == ["a"]


def test_the_log_of_another_search_is_refused(tmp_path):
    with Log(tmp_path, {"task": "H2", "seed": "0"}):
        pass
    with Log(tmp_path, {"task": "H2", "seed": "0"}):
        pass
    with pytest.raises(ValueError, match=r"the log of another search \(its seed, task\): name another folder"):
        Log(tmp_path, {"task": "LiH", "seed": "1"})


def test_cut_while_it_says_whose_it_is(tmp_path, monkeypatch):
    def cut(path, text):
        with path.open("w") as file:
            file.write(text[: len(text) // 2])
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("pathlib.Path.write_text", cut)
        with pytest.raises(KeyboardInterrupt):
            Log(tmp_path, {"seed": "1"})
    with Log(tmp_path, {"seed": "1"}) as log:
        assert log.answers == {}
