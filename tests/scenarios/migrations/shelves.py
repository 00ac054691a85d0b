"""Create shelves, with what a copy of tables may lose; note each time that this runs."""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision: str = "eeeeeeeeeeee"
down_revision: str | None = "5b1f0c7d2a94"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    with Path("upgrades.txt").open("a", encoding="utf-8") as file:
        print("upgrade", file=file)
    shelves = op.create_table(
        "shelves",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("width", sa.Integer(), server_default="7", nullable=False),
        sa.Column("twice", sa.Integer(), sa.Computed("width * 2")),
        sa.PrimaryKeyConstraint("id"),
        sa.CheckConstraint("width > 0", name="width"),
    )
    op.create_table(
        "boxes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("shelf", sa.Integer(), sa.ForeignKey("shelves.id"), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.bulk_insert(shelves, [{"id": 1, "width": 5}, {"id": 2, "width": 6}])
    # VIEW


def downgrade() -> None:
    """Undo the change."""
    op.drop_table("boxes")
    op.drop_table("shelves")
