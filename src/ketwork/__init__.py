"""Ketwork: a workbench for near-term quantum machine learning."""

__version__ = "0.1.0"
