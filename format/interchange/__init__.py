"""Import and export: one module a format, one registry. Every value comes from the engine."""

from .registry import FORMATS, Format, export_file, import_file
from .tracks import Imported

__all__ = ["FORMATS", "Format", "Imported", "export_file", "import_file"]
