"""From files to a stored session: intake, analysis, what people keep when it is repeated."""
