"""Invented activity for a new host: who says what, and what came of it; nobody in it exists."""
