"""The project folder, the engine that evaluates it, the video reader, import and export.

Knows no screen: neither the page nor the terminal is imported here.
"""
