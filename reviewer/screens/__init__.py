"""The full-screen parts of the terminal interface."""
