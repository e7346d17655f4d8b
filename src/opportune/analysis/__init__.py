"""From an assessment to opportunities: plays, sizing, prices, and the tree behind each dollar."""
