"""One store replaces another under a running service, both ways."""
