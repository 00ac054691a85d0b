import asyncio
import os
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest


@pytest.mark.asyncio
@pytest.mark.timeout(600)
@pytest.mark.parametrize("number", range(4))
async def test_waiting(FIXTURES, number) -> None:
    (folder,) = FOLDER
    Path(f"folder-{os.getpid()}.part").write_text(folder)
    Path(f"folder-{os.getpid()}.part").rename(f"folder-{os.getpid()}.txt")
    await asyncio.Event().wait()
