"""Thresholds that are certified, shadowed and switched on; prompts kept for regression.

Revision ID: 0005
"""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Nothing yet."""
