"""The checks of the gate: one file for each, with a card that says what it covers and what it misses."""
