"""Spans by OpenTelemetry, if a user wants them: the library is loaded only then.

What exports them (X-Ray, a collector) is set up by the OpenTelemetry SDK or the distribution that
starts the process, as `opentelemetry-instrument opportune serve`.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from opportune.errors import ConfigurationError
from opportune.settings import Settings

Rename = Callable[[str], None]
"""Gives the span that is open another name."""
Spans = Callable[[str], AbstractContextManager[Rename]]
"""Opens a span of this name."""


def spans(settings: Settings) -> Spans:
    """Return what opens spans; what opens none unless OPPORTUNITY_TRACING is `otel`.

    Raises:
        ConfigurationError: OpenTelemetry is wanted, but not installed.
    """
    return _otel_spans() if settings.tracing == "otel" else _no_span


@contextmanager
def _no_span(_: str) -> Iterator[Rename]:
    yield lambda _: None


def _otel_spans() -> Spans:
    try:
        from opentelemetry.trace import StatusCode, get_tracer
    except ImportError:
        raise ConfigurationError(
            "OPPORTUNITY_TRACING is otel, but OpenTelemetry is not installed: "
            "pip install 'opportune[otel]'."
        ) from None
    tracer = get_tracer("opportune")

    @contextmanager
    def span(name: str) -> Iterator[Rename]:
        # Exceptions are not recorded: their messages may quote a customer's file.
        with tracer.start_as_current_span(
            name, record_exception=False, set_status_on_exception=False
        ) as opened:
            try:
                yield opened.update_name
            except BaseException as error:
                opened.set_attribute("error.type", type(error).__name__)
                opened.set_status(StatusCode.ERROR)
                raise

    return span
