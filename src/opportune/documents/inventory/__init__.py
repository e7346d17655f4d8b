"""From tables to servers, databases, applications and links."""
