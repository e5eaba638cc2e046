"""Reviewer: a local-first video annotation tool."""
