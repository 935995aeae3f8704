"""The engine: circuits become Programs, and compiled kernels walk them."""
