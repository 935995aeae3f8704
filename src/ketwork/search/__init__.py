"""Architecture search: what circuits may be built, what they are for, and the methods that look for the best."""

from ketwork.search.budget import Budget, BudgetSpent
from ketwork.search.canonical import Place, canonical
from ketwork.search.gate_graph import GateGraph, from_graph, to_graph
from ketwork.search.goals import Energy, Goal, Meter
from ketwork.search.held_out import final_scores
from ketwork.search.inner import Inner
from ketwork.search.learning_goal import Classification
from ketwork.search.method_table import METHODS, find_search
from ketwork.search.moment_tensor import from_tensor, to_tensor
from ketwork.search.seek import Found, Search, pareto, seek
from ketwork.search.setting import Setting, gate_noise
from ketwork.search.space import Architecture, Space, cross, draw, mutate
from ketwork.search.task_makers import classify, combinatorial, ground_state, prepare_state, prepare_unitary
from ketwork.search.tasks import Score, Task

__all__ = [
    "METHODS",
    "Architecture",
    "Budget",
    "BudgetSpent",
    "Classification",
    "Energy",
    "Found",
    "GateGraph",
    "Goal",
    "Inner",
    "Meter",
    "Place",
    "Score",
    "Search",
    "Setting",
    "Space",
    "Task",
    "canonical",
    "classify",
    "combinatorial",
    "cross",
    "draw",
    "final_scores",
    "find_search",
    "from_graph",
    "from_tensor",
    "gate_noise",
    "ground_state",
    "mutate",
    "pareto",
    "prepare_state",
    "prepare_unitary",
    "seek",
    "to_graph",
    "to_tensor",
]
