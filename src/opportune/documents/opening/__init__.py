"""From bytes to sheets, words and lines, within limits."""
