"""Carrying annotations over to another file of the same video: repaired, cut or encoded anew.

``find_mapping`` says which frame became which, ``survey`` what that does to the keyframes, and
``remap_project`` does it as one edit that can be undone. What cannot be placed is set aside in the
project's folder ``remapped/``, never lost.
"""

from .aside import Aside, read_asides
from .edit import RemapEdit
from .find import Found, find_mapping
from .perform import remap_project
from .survey import Survey, survey

__all__ = [
    "Aside",
    "Found",
    "RemapEdit",
    "Survey",
    "find_mapping",
    "read_asides",
    "remap_project",
    "survey",
]
