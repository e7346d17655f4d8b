"""Routes that are made whole by their first request, not when they are declared.

FastAPI makes a validator for each parameter, body and answer of a route. For all of ours together
that is a fifth of the start of a process, and a function on AWS Lambda may meet a few routes only.
What a request is matched by and what access is decided by is there from the start: path, methods
and function.
"""

from collections.abc import Callable, Iterable
from threading import RLock
from typing import Any

from fastapi.routing import APIRoute
from starlette.routing import BaseRoute, compile_path


class DeferredRoute(APIRoute):
    """A route of FastAPI that is made whole when anything but its path and methods is asked for.

    Args:
        path: With the router's prefix.
        endpoint: What answers.
        methods: None = GET.
        options: All others that FastAPI gives to its own class.
    """

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: set[str] | list[str] | None = None,
        **options: Any,
    ) -> None:
        self.path = path
        self.endpoint = endpoint
        self.methods = {method.upper() for method in methods or ("GET",)}
        self.path_regex, self.path_format, self.param_convertors = compile_path(path)
        self._options: dict[str, Any] | None = options
        self._lock = RLock()

    def __getattr__(self, name: str) -> Any:
        """Return what is not there yet, from the whole route.

        Raises:
            AttributeError: A whole route has no such attribute either.
        """
        if name.startswith("__"):  # asked for by Python itself, of any object
            raise AttributeError(name)
        self.complete()
        try:
            return self.__dict__[name]
        except KeyError:
            raise AttributeError(name) from None

    def complete(self) -> None:
        """Make the route whole, if it is not yet."""
        with self._lock:
            options, self._options = self._options, None  # the making itself asks for attributes
            if options is None:
                return
            try:
                super().__init__(self.path, self.endpoint, methods=self.methods, **options)
            except BaseException:
                self._options = options  # so that the next request fails in the same way
                raise


def complete_all(routes: Iterable[BaseRoute]) -> None:
    """Make whole what is not yet, of the routes of an application."""
    for route in routes:
        if isinstance(route, DeferredRoute):
            route.complete()
