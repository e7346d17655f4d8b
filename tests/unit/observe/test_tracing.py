"""Spans: only if wanted, around requests and store operations, without a customer's words."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode
from starlette.testclient import TestClient

from opportune.api import create_app
from opportune.errors import ConfigurationError
from opportune.settings import Settings


@pytest.fixture
def exporter(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    """Collects spans of this test: a provider of its own, as a process has one for good."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "get_tracer", provider.get_tracer)
    yield exporter
    provider.shutdown()


def test_a_request_is_a_span_and_its_store_operations_are_within(
    exporter: InMemorySpanExporter, tmp_path: Path
) -> None:
    settings = Settings(storage_type="sqlite", data_dir=tmp_path, tracing="otel")
    client = TestClient(create_app(settings=settings), base_url="http://localhost")
    assert client.get("/api/sessions/canary").status_code == 404
    store, request = exporter.get_finished_spans()
    assert (store.name, request.name) == ("store.get_session", "GET /api/sessions/{session_id}")
    assert store.parent is not None
    assert request.context is not None
    assert store.parent.span_id == request.context.span_id
    assert store.status.status_code is StatusCode.ERROR
    assert dict(store.attributes or {}) == {"error.type": "SessionNotFoundError"}
    assert "canary" not in _all_that_is_told(store) + _all_that_is_told(request)


def _all_that_is_told(span: ReadableSpan) -> str:
    return str(span.to_json())


def test_without_the_setting_nothing_of_opentelemetry_is_loaded() -> None:
    code = (
        "import sys; from opportune.settings import Settings\n"
        "from opportune.observe.spans import spans\n"
        "with spans(Settings())('x') as rename: rename('y')\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"


def test_wanted_but_not_installed_is_said_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from opportune.observe.spans import spans

    monkeypatch.setitem(sys.modules, "opentelemetry.trace", None)
    with pytest.raises(ConfigurationError, match=r"opportune\[otel\]"):
        spans(Settings(tracing="otel"))


@pytest.mark.parametrize(
    ("variable", "value"), [("OPPORTUNITY_TRACING", "xray"), ("OPPORTUNITY_LOG_FORMAT", "xml")]
)
def test_a_word_that_means_nothing_is_refused(variable: str, value: str) -> None:
    with pytest.raises(ConfigurationError, match=variable):
        Settings.from_environment({variable: value})
