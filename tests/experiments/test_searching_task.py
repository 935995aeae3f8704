"""What a search is asked, and the command that asks it again."""

import shlex

import pytest

from ketwork.experiments.searching_task import SearchTask
from ketwork.experiments.task import UserError
from ketwork.search import METHODS


def test_random_search_always_takes_part():
    assert SearchTask("h2").chosen == ("random", "evolutionary")
    assert SearchTask("h2", ("random",)).chosen == ("random",)
    assert SearchTask("h2", ("mcts", "annealing", "mcts")).chosen == ("random", "annealing", "mcts")
    assert SearchTask("h2", ("grow", "all")).chosen == tuple(METHODS)


def test_where_it_runs_is_no_part_of_what_it_is():
    one, other = SearchTask("h2"), SearchTask("h2", workers=3, ray="auto")
    assert one.config() == other.config() and "workers" not in one.config()
    assert SearchTask("h2", budget=7).config() != one.config()


def test_the_command_says_it_all():
    task = SearchTask(
        "tfim:ring:4", ("annealing", "grow"), "lima", "depolarizing:0.01,0.02", 100, 5000, None, 7, 3, 12, ("rx", "cz"),
        9, workers=2, ray="h:1",
    )  # fmt: skip
    assert shlex.split(task.command()) == shlex.split(
        "ketwork search tfim:ring:4 --method annealing,grow --device lima --noise depolarizing:0.01,0.02 --shots 100 "
        "--budget 5000 --seeds 7 --seed 3 --max-gates 12 --gates rx,cz --steps 9 --workers 2 --ray h:1"
    )
    assert SearchTask("h2", circuits=30).command() == "ketwork search h2 --circuits 30"
    assert SearchTask("a b").command() == "ketwork search 'a b'"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"methods": ("evolution",)}, "must be one of all, random.* Did you mean 'evolutionary'"),
        ({"methods": ()}, "must name a method"),
        ({"budget": 0}, "`budget` must lie in"),
        ({"circuits": 0}, "`circuits` must lie in"),
        ({"budget": 500, "circuits": 5}, "give one"),
        ({"seeds": 0}, "`seeds` must lie in"),
        ({"max_gates": -1}, "`max_gates` must lie in"),
        ({"workers": 0}, "`workers` must lie in"),
        ({"steps": 1.5}, "`steps` must be an integer"),
        ({"options": {"evolutionar": {}}}, "Did you mean 'evolutionary'"),
    ],
)
def test_what_is_refused(options, message):
    with pytest.raises(UserError, match=message):
        SearchTask("h2", **options)
