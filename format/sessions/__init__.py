"""Who worked when on which frames and entities: one small file for each session, written aside from
the edits, and the export that submitting one starts."""

from .record import Export, Session
from .sessions import Sessions

__all__ = ["Export", "Session", "Sessions"]
