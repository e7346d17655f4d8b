"""What DynamoDB costs: units by arithmetic, a month estimated, and what was metered in dollars."""
