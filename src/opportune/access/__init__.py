"""Who may do what: roles, API keys, and tokens of an OIDC provider. Knows no HTTP server."""
