"""The storage room: the only place that knows SQLAlchemy; one door (`Store`), one method per question."""
