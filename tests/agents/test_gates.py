"""The gates of a run: one for each server, and a share of each."""

import pytest

from agents.gates import Gates, ServerLimits


@pytest.mark.parametrize("written", ["http://host/v1", "http://host/v1/"])
@pytest.mark.parametrize("named", ["http://host/v1", "http://host/v1/"])
def test_limits_are_found_with_and_without_a_slash(written, named):
    gates = Gates(8, {written: ServerLimits(most_in_flight=3)})
    assert gates.of(named).width == 3
    assert gates.of(named) is gates.of(written)


@pytest.mark.parametrize(("most", "among"), [(3, 2), (5, 2), (16, 3), (4, 4), (7, 5)])
def test_shares_of_a_server_never_pass_its_most(most, among):
    gates = Gates(8, {"http://host": ServerLimits(most_in_flight=most)})
    gates.share(among)
    gate = gates.of("http://host")
    assert 1 <= gate.width <= most // among
    gates.share(1)
    assert gate.width <= most
    gates.share(among)
    assert 1 <= gate.width <= most // among
