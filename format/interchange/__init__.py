"""Import and export: one module a format, one registry."""
