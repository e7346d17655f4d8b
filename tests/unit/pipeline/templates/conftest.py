"""A service over a store of each kind, for the tests of templates."""

from own_templates import service, store

__all__ = ["service", "store"]
