"""The text from which the demonstration model learns, written by this project and composed from a seed."""
