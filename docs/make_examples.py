"""Make the projects in examples/ again, as the template makes them today."""

import json
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from cookiecutter.main import cookiecutter

TEMPLATE = Path(__file__).parents[1]

EXAMPLES: list[dict[str, str]] = [
    {},
    {
        "project_name": "Order Service",
        "description": "Takes orders over HTTP and keeps them in PostgreSQL.",
        "license": "proprietary",
        "repository": "https://github.com/example/order-service",
        "python_version": "3.13",
        "fixture_loop_scope": "session",
        "database": "postgresql",
        "data_access": "sqlalchemy",
        "migrations": "alembic",
        "web_framework": "fastapi",
        "redis": "yes",
    },
    {
        "project_name": "Tide Tables",
        "description": "Fetches tide tables, for asyncio and Trio.",
        "license": "Apache-2.0",
        "repository": "https://github.com/example/tide-tables",
        "database": "none",
        "anyio": "yes",
        "example": "no",
    },
]


def make_examples(folder: Path) -> list[Path]:
    """Make the projects in a folder, without running their suites, and return their paths."""
    with TemporaryDirectory() as home:  # the user's own settings and last answers stay out of it
        config = Path(home, "config.yaml")
        config.write_text(json.dumps({"cookiecutters_dir": home, "replay_dir": home}))
        return [
            Path(
                cookiecutter(
                    str(TEMPLATE),
                    no_input=True,
                    accept_hooks=False,
                    config_file=str(config),
                    output_dir=str(folder),
                    extra_context=answers,
                )
            )
            for answers in EXAMPLES
        ]


if __name__ == "__main__":
    examples = TEMPLATE / "examples"
    with TemporaryDirectory() as made:
        projects = make_examples(Path(made))
        for old in examples.glob("*/"):
            shutil.rmtree(old)
        for project in projects:
            shutil.copytree(project, examples / project.name)
            print(examples / project.name)
