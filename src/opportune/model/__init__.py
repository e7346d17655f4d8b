"""The words of the house: records, filters, an assessment, money, times, texts people read."""
