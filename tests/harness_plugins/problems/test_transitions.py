from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from harness_plugins.problems._transitions import (
    LEFT_ARC,
    MOVES,
    RIGHT_ARC,
    SHIFT,
    Configurations,
    Oracle,
    num_nodes,
    oracle_examples,
    parse,
    root_nodes,
    tokens_of,
    word_nodes,
)

NOTHING = "nothing"


class Textbook:
    """One sentence's configuration in plain lists: Nivre 2008, features as Chen & Manning 2014 word them."""

    def __init__(self, length: int) -> None:
        self.stack, self.buffer = [0], list(range(1, length + 1))
        self.arcs: set[tuple[int, int]] = set()

    def legal(self) -> list[bool]:
        return [bool(self.buffer), len(self.stack) > 2, len(self.stack) > 1]

    def apply(self, move: int) -> None:
        if move == SHIFT:
            self.stack.append(self.buffer.pop(0))
        elif move == LEFT_ARC:
            self.arcs.add((self.stack[-1], self.stack.pop(-2)))
        else:
            self.arcs.add((self.stack[-2], self.stack[-1]))
            self.stack.pop()

    def child(self, head, number, *, left):
        if head is NOTHING:
            return NOTHING
        children = sorted(child for parent, child in self.arcs if parent == head and (child < head) == left)
        if not left:
            children.reverse()
        return children[number] if number < len(children) else NOTHING

    def features(self) -> list:
        stack = [*reversed(self.stack), NOTHING, NOTHING][:3]
        found = [*stack, *[*self.buffer, NOTHING, NOTHING, NOTHING][:3]]
        for word in stack[:2]:
            left, right = self.child(word, 0, left=True), self.child(word, 0, left=False)
            found += [left, self.child(word, 1, left=True), right, self.child(word, 1, left=False)]
            found += [self.child(left, 0, left=True), self.child(right, 0, left=False)]
        return found


def projective(draw, words: list[int], head: int, heads: dict[int, int]) -> None:
    """Hang a forest over consecutive words under ``head``: each tree a root with a forest on either side."""
    while words:
        size = draw(st.integers(1, len(words)))
        tree, words = words[:size], words[size:]
        root = draw(st.integers(0, size - 1))
        heads[tree[root]] = head
        projective(draw, tree[:root], tree[root], heads)
        projective(draw, tree[root + 1 :], tree[root], heads)


@st.composite
def projective_trees(draw, max_length: int = 12) -> list[int]:
    length = draw(st.integers(1, max_length))
    heads: dict[int, int] = {}
    projective(draw, list(range(1, length + 1)), 0, heads)
    return [heads[word] for word in range(1, length + 1)]


@st.composite
def trees(draw, max_length: int = 8) -> list[int]:
    """Any tree: words join in some order, each under a word that is already there or the root."""
    order = draw(st.permutations(range(1, draw(st.integers(1, max_length)) + 1)))
    heads = {word: draw(st.sampled_from([0, *order[:place]])) for place, word in enumerate(order)}
    return [heads[word] for word in sorted(heads)]


def crosses(heads: list[int]) -> bool:
    arcs = [tuple(sorted((word, head))) for word, head in enumerate(heads, start=1)]
    return any(a < c < b < d for a, b in arcs for c, d in arcs)


def lengths_of(sentences) -> np.ndarray:
    return np.array([len(each) for each in sentences], dtype=np.int64)


def joined(sentences) -> np.ndarray:
    return np.array([word for each in sentences for word in each], dtype=np.int64)


def rows_for(lengths: np.ndarray) -> np.ndarray:
    """Every node a word of its own, and a tag 1,000 further on."""
    return np.stack([np.arange(num_nodes(lengths)), 1000 + np.arange(num_nodes(lengths))]).astype(np.int32)


def is_tree(heads: list[int]) -> bool:
    def root_of(word: int, steps: int) -> int:
        return word if word == 0 or steps > len(heads) else root_of(heads[word - 1], steps + 1)

    return all(0 <= head <= len(heads) for head in heads) and all(root_of(w, 0) == 0 for w in range(1, len(heads) + 1))


def split(flat: np.ndarray, lengths: np.ndarray) -> list[list[int]]:
    return [part.tolist() for part in np.split(flat, np.cumsum(lengths)[:-1])]


def test_nodes_are_null_then_each_sentence_behind_its_root():
    lengths = np.array([2, 0, 3])
    assert root_nodes(lengths).tolist() == [1, 4, 5]
    assert word_nodes(lengths).tolist() == [2, 3, 6, 7, 8]
    assert num_nodes(lengths) == 9


@given(st.lists(projective_trees(), min_size=1, max_size=5))
def test_the_oracle_rebuilds_projective_trees(sentences):
    lengths, heads = lengths_of(sentences), joined(sentences)
    configurations, oracle = Configurations(lengths), Oracle(lengths, heads)
    while configurations.unfinished:
        configurations.apply(oracle(configurations))
    assert configurations.trees().tolist() == heads.tolist()


@given(st.lists(trees(), min_size=1, max_size=5))
def test_the_sentences_without_examples_are_those_with_crossing_arcs(sentences):
    lengths = lengths_of(sentences)
    tokens, labels, found = oracle_examples(lengths, joined(sentences), rows_for(lengths))
    assert found.tolist() == [not crosses(each) for each in sentences]
    assert len(tokens) == len(labels) == 2 * lengths[found].sum()


@given(st.lists(trees(), min_size=2, max_size=5))
def test_a_sentence_has_the_same_examples_alone_and_among_others(sentences):
    lengths = lengths_of(sentences)
    rows = rows_for(lengths)
    tokens, labels, _ = oracle_examples(lengths, joined(sentences), rows)
    alone = []
    for first, length, heads in zip(root_nodes(lengths), lengths, sentences, strict=True):
        nodes = [0, *range(first, first + length + 1)]
        alone.append(oracle_examples(np.array([length]), np.array(heads), rows[:, nodes]))
    assert np.array_equal(tokens, np.concatenate([each[0] for each in alone]))
    assert np.array_equal(labels, np.concatenate([each[1] for each in alone]))


def test_the_example_of_a_lecture():
    # "I parsed this sentence correctly" of Stanford's CS224n.
    lengths, heads = np.array([5]), np.array([2, 0, 4, 2, 2])
    tokens, labels, _ = oracle_examples(lengths, heads, rows_for(lengths))
    assert labels.tolist() == [
        SHIFT, SHIFT, LEFT_ARC, SHIFT, SHIFT, LEFT_ARC, RIGHT_ARC, SHIFT, RIGHT_ARC, RIGHT_ARC,
    ]  # fmt: skip
    assert tokens.dtype == np.int32
    root, i, parsed, this, sentence, correctly = range(1, 7)
    # Stack: root, parsed, sentence; buffer: correctly; "I" and "this" are attached.
    words = [sentence, parsed, root, correctly, 0, 0, this, 0, 0, 0, 0, 0, i, 0, 0, 0, 0, 0]
    assert tokens[6].tolist() == words + [1000 + word for word in words]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_features_and_legal_moves_are_those_of_the_textbook(sizes, random):
    lengths = np.array(sizes)
    configurations, rows = Configurations(lengths), rows_for(lengths)
    order, roots = configurations.order, root_nodes(lengths)
    plain = [Textbook(sizes[sentence]) for sentence in order]
    while count := configurations.unfinished:
        legal = [each.legal() for each in plain[:count]]
        assert not any(any(each.legal()) for each in plain[count:])
        assert configurations.legal().T.tolist() == legal
        words = [
            [0 if word is NOTHING else int(roots[sentence]) + word for word in each.features()]
            for sentence, each in zip(order[:count], plain[:count], strict=True)
        ]
        expected = [row + [1000 + word for word in row] for row in words]
        assert tokens_of(configurations, rows).tolist() == expected
        moves = [random.choice([move for move in range(3) if allowed[move]]) for allowed in legal]
        configurations.apply(np.array(moves))
        for each, move in zip(plain[:count], moves, strict=True):
            each.apply(move)
    found = split(configurations.trees(), lengths)
    for sentence, each in zip(order, plain, strict=True):
        heads = {child: head for head, child in each.arcs}
        assert found[sentence] == [heads[word] for word in range(1, sizes[sentence] + 1)]


@pytest.mark.parametrize("scores", ["random", "nan", "inf", "-inf", "some nan"])
def test_any_scores_give_trees(scores):
    generator = torch.Generator().manual_seed(0)

    def predict(tokens: torch.Tensor) -> torch.Tensor:
        logits = torch.randn(len(tokens), 3, generator=generator)
        if scores == "some nan":
            return torch.where(logits > 0, logits, torch.nan)
        return logits if scores == "random" else torch.full_like(logits, float(scores))

    lengths = np.array([4, 1, 0, 30, 7] * 5)
    heads = split(parse(predict, lengths, rows_for(lengths)), lengths)
    assert [len(each) for each in heads] == lengths.tolist()
    assert all(is_tree(each) and not crosses(each) for each in heads)


def plain_parse(score, length: int, root: int) -> list[int]:
    """One sentence by the book; ``score``: the words of the features → the scores of the moves."""
    state = Textbook(length)
    while any(legal := state.legal()):
        words = tuple(0 if word is NOTHING else root + word for word in state.features())
        scores = score(words)
        state.apply(max((move for move in MOVES if legal[move]), key=lambda move: (scores[move], -move)))
    heads = {child: head for head, child in state.arcs}
    return [heads[word] for word in range(1, length + 1)]


@given(st.lists(st.integers(0, 9), max_size=5), st.integers(0, 999))
def test_trees_are_those_of_one_sentence_at_a_time(sizes, seed):
    def score(words: tuple[int, ...]) -> list[int]:
        return [random.Random(f"{seed} {move} {words}").randrange(4) for move in MOVES]  # often equal scores

    def predict(tokens: torch.Tensor) -> torch.Tensor:
        return torch.tensor([score(tuple(row[:18])) for row in tokens.tolist()], dtype=torch.float32)

    lengths = np.array(sizes, dtype=np.int64)
    found = parse(predict, lengths, rows_for(lengths)).tolist()
    roots = root_nodes(lengths).tolist()
    assert found == [head for size, root in zip(sizes, roots, strict=True) for head in plain_parse(score, size, root)]


def test_nothing_is_asked_of_a_sentences_first_move_and_its_last():
    asked = []

    def predict(tokens: torch.Tensor) -> torch.Tensor:
        asked.append(len(tokens))
        return torch.zeros(len(tokens), 3)

    lengths = np.array([1, 3, 0, 2, 1])
    parse(predict, lengths, rows_for(lengths))
    assert asked == [2, 2, 1, 1]
    parse(lambda tokens: pytest.fail("one word has no choice"), np.array([1, 1]), rows_for(np.array([1, 1])))


def test_no_sentences_have_no_trees():
    none = np.array([], dtype=np.int64)
    assert parse(lambda tokens: torch.zeros(len(tokens), 3), none, rows_for(none)).tolist() == []


def test_a_nan_never_wins_against_a_number():
    def predict(tokens: torch.Tensor) -> torch.Tensor:
        return torch.tensor([[torch.nan, -1.0, -2.0]]).repeat(len(tokens), 1)

    lengths = np.array([3])
    # Arcs whenever possible: each word hangs from ROOT before the next is shifted.
    assert parse(predict, lengths, rows_for(lengths)).tolist() == [0, 0, 0]


@given(st.lists(projective_trees(), min_size=1, max_size=4))
def test_a_predict_that_knows_the_answers_is_followed(sentences):
    lengths, heads = lengths_of(sentences), joined(sentences)
    rows = rows_for(lengths)
    tokens, labels, _ = oracle_examples(lengths, heads, rows)
    answers = {tuple(key): label for key, label in zip(tokens.tolist(), labels.tolist(), strict=True)}

    def predict(asked: torch.Tensor) -> torch.Tensor:
        assert asked.dtype == torch.int32
        moves = torch.tensor([answers[tuple(key)] for key in asked.tolist()])
        return torch.nn.functional.one_hot(moves, 3).double()

    assert parse(predict, lengths, rows).tolist() == heads.tolist()


def test_labels_cover_all_moves():
    assert (SHIFT, LEFT_ARC, RIGHT_ARC) == (0, 1, 2)
