"""Cases that are held, seconded and appealed; labels, suspensions and what moderators were shown.

Revision ID: 0004
"""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
