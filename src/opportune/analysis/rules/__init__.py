"""One module a subject: when a play fires, and what it adds in dollars."""
