"""Optimisers behind one calling form: `minimize(fun, start, method)`."""

from ketwork.optimize.minimize import METHODS, Result, minimize

__all__ = ["METHODS", "Result", "minimize"]
