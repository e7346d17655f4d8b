"""What a running process tells: log lines, metrics, spans, and a store that measures itself."""
