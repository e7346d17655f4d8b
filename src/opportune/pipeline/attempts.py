"""How often a change is tried again when somebody else was faster."""

ATTEMPTS = 5
