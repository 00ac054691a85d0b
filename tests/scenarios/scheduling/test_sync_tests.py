import pytest

pytestmark = [pytest.mark.virtual_time, pytest.mark.interleavings(2)]


def test_sync_tests_of_a_marked_module_run() -> None:
    pass


# virtual_time is for async tests
@pytest.mark.virtual_time
def test_wrong_virtual_time() -> None:
    pass


# interleavings is for async tests
@pytest.mark.interleavings(2)
def test_wrong_interleavings() -> None:
    pass
