"""The firms whose marts are reckoned a second time: loaded and built once."""

import pytest

from .recomputed import Recomputed, recompute


@pytest.fixture(scope="session")
def recomputed(tmp_path_factory: pytest.TempPathFactory) -> Recomputed:
    """Tests with it belong to the group `recomputed`, so that one worker has it."""
    return recompute(tmp_path_factory.mktemp("recomputed"))
