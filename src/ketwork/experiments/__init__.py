"""Experiments: a frozen task, its data, honest baselines, and a run that can be interrupted and repeated."""
