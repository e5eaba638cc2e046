"""Who worked when on which frames and entities: one small file for each session, written aside from
the edits, and the export that submitting one starts."""

from .record import Export, Session
from .sessions import EXPORT_FORMAT, Sessions

__all__ = ["EXPORT_FORMAT", "Export", "Session", "Sessions"]
