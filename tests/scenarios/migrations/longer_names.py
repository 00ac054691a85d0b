"""Make names longer."""

import sqlalchemy as sa
from alembic import op

revision: str = "ffffffffffff"
down_revision: str | None = "ORDERS"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Change the schema."""
    with op.batch_alter_table("users") as users:
        users.alter_column(
            "name",
            existing_type=sa.String(200),
            type_=sa.String(300),
            existing_nullable=False,
        )


def downgrade() -> None:
    """Undo the change."""
    with op.batch_alter_table("users") as users:
        users.alter_column(
            "name",
            existing_type=sa.String(300),
            type_=sa.String(200),
            existing_nullable=False,
        )
