"""A long test of the whole: many people over HTTP for minutes, and a process that is killed at random."""
