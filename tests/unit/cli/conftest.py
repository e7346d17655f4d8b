"""The command line, and files to give it, for every test of it."""

from commands import cli, files

__all__ = ["cli", "files"]
