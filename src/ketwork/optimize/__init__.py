"""Optimisers behind one calling form: `minimize(fun, start, method)`."""

from ketwork.optimize.minimize import METHODS, Method, minimize
from ketwork.optimize.stepping import Result

__all__ = ["METHODS", "Method", "Result", "minimize"]
