from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.livestream.media import recordings


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A recording of eight seconds by its name in ``recordings.KINDS``, made once."""
    folder = tmp_path_factory.mktemp("recordings")
    return lambda kind: recordings.make(folder, kind)
