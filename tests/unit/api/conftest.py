"""A client of the HTTP API, for every test of it."""

from api_clients import client

__all__ = ["client"]
