"""A store whose every operation is measured: units, time, conflicts, throttles, failures.

It forwards whatever a store has by name, so that an operation added to the contract is measured
from its first day. Writing the methods out would add nothing but the risk of leaving one out; the
price is the `cast` in `observed`, as a type checker cannot see what is forwarded.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from inspect import Signature, signature
from typing import Any, cast

from opportune.errors import StoreUnavailableError, VersionConflictError
from opportune.model.records import Opportunity, Session, session_of
from opportune.stores.contract import Store
from opportune.stores.observing import Observation, under_way

Report = Callable[[Observation], None]

Span = Callable[[str], AbstractContextManager[object]]

_UNOBSERVED = frozenset({"close", "journaled"})
"""They ask the database for nothing."""


def observed(
    store: Store,
    report: Report,
    *,
    kind: Callable[[], str],
    span: Span = nullcontext,
    monotonic: Callable[[], float] = time.perf_counter,
) -> Store:
    """Return a store that does the same and tells of each operation.

    Args:
        store: Which one.
        report: Told of each operation when it has ended, also of one that failed.
        kind: Names the kind of the store that served last.
        span: Entered around each operation, by its name.
        monotonic: Seconds that only rise.
    """
    return cast("Store", _ObservedStore(store, report, kind, span, monotonic))


class _ObservedStore:
    """Forwards by name; see `observed`."""

    def __init__(
        self,
        store: Store,
        report: Report,
        kind: Callable[[], str],
        span: Span,
        monotonic: Callable[[], float],
    ) -> None:
        self._store = store
        self._report = report
        self._kind = kind
        self._span = span
        self._monotonic = monotonic
        self._signatures: dict[str, Signature] = {}

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._store, name)
        if name in _UNOBSERVED or not callable(attribute):
            return attribute

        @wraps(attribute)
        def measured(*args: Any, **named: Any) -> Any:
            return self._measured(name, attribute, args, named)

        setattr(self, name, measured)  # found at once from now on
        return measured

    def _measured(
        self,
        name: str,
        method: Callable[..., Any],
        args: Sequence[Any],
        named: Mapping[str, Any],
    ) -> Any:
        observation = Observation(name, self._session_id(name, method, args, named))
        began = self._monotonic()
        try:
            with self._span(f"store.{name}"), under_way(observation):
                return method(*args, **named)
        except BaseException as error:
            observation.failure = type(error).__name__
            observation.conflicts = int(isinstance(error, VersionConflictError))
            observation.unavailable = int(isinstance(error, StoreUnavailableError))
            raise
        finally:
            observation.latency_ms = (self._monotonic() - began) * 1000
            observation.store = self._kind()
            self._report(observation)

    def _session_id(
        self,
        name: str,
        method: Callable[..., Any],
        args: Sequence[Any],
        named: Mapping[str, Any],
    ) -> str:
        """Return the session that a call is about, by what its parameters are called."""
        if name not in self._signatures:
            self._signatures[name] = signature(method)
        try:
            given = self._signatures[name].bind_partial(*args, **named).arguments
        except TypeError:  # the call itself will say what is wrong
            return ""
        about = {_session_of(parameter, value) for parameter, value in given.items()} - {""}
        return about.pop() if len(about) == 1 else ""


def _session_of(parameter: str, value: object) -> str:
    if isinstance(value, Session):
        return value.id
    if isinstance(value, Opportunity):
        return value.session_id
    if parameter in ("session_id", "opportunity_id") and isinstance(value, str):
        return session_of(value)
    if isinstance(value, Sequence) and not isinstance(value, str):
        sessions = {_session_of("", one) for one in value}
        return sessions.pop() if len(sessions) == 1 else ""
    return ""
