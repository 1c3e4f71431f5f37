"""Random streams: one for each role, seed index and study, and none shifts another."""

from __future__ import annotations

import torch

from harness.training import streams


def test_streams_of_different_roles_indices_and_studies_differ():
    def draw(*key):
        return torch.rand(4, generator=streams.generator(*key)).tolist()

    drawn = [
        draw(study, index, role)
        for study in (0, 1)
        for index in (0, 1, 100)
        for role in ("embedding", "hidden", "output", "bias", "order", "dropout", "noise")
    ]
    assert len({tuple(each) for each in drawn}) == len(drawn)
    assert draw(0, 1, "order") == draw(0, 1, "order")


def test_several_who_draw_in_one_role_have_streams_of_their_own():
    seeds = [streams.generator(0, 0, "noise", name).initial_seed() for name in ("", "a", "b")]
    assert len(set(seeds)) == 3


def test_a_stream_is_in_the_same_state_at_each_of_its_uses_however_often_it_was_drawn_from():
    stream = streams.generator(0, 0, "noise")
    seed = stream.initial_seed()

    def draw(number: int) -> float:
        streams.reseed(stream, seed, number)
        return torch.rand((), generator=stream).item()

    assert [draw(1), draw(2), draw(1)] == [draw(1), draw(2), draw(1)]
    assert draw(1) != draw(2)
