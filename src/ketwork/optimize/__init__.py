"""Optimisers behind one calling form: `minimize(fun, start, method)`."""

from ketwork.optimize.gradient_steps import GRADIENT_STEPS, GradientStep
from ketwork.optimize.methods import METHODS, Method, find_method, methods_with
from ketwork.optimize.minimize import minimize
from ketwork.optimize.schedules import SCHEDULES, share
from ketwork.optimize.stepping import Result
from ketwork.optimize.torch_bridge import torch_step

__all__ = [
    "GRADIENT_STEPS",
    "METHODS",
    "SCHEDULES",
    "GradientStep",
    "Method",
    "Result",
    "find_method",
    "methods_with",
    "minimize",
    "share",
    "torch_step",
]
