"""A server in this process, and a client that asks it."""

import pytest
from serving import serving


@pytest.fixture
def here(tmp_path):
    app, asking = serving(tmp_path)
    yield app, asking
    app.state.desk.close()


@pytest.fixture
def asking(here):
    return here[1]
