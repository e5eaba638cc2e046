"""What is probably wrong with annotations: automatic checks, each a small function in a registry,
and offers to fix what they find. Teams add their own through the entry points
``reviewer.problems``."""

from .problem import Fix, Problem, Severity
from .registry import CHECKS, Check, Found, all_checks, find_problems
from .survey import Survey

__all__ = [
    "CHECKS", "Check", "Fix", "Found", "Problem", "Severity", "Survey", "all_checks",
    "find_problems",
]  # fmt: skip
