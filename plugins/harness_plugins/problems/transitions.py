"""Arc-standard dependency parsing (Nivre 2004; 2008, section 4.1) of many sentences in step.

Every sentence of n words takes exactly 2n moves, so the sentences of a whole split advance together, one move
each per step, and nothing here loops over sentences or examples. Words are *nodes*, numbered through all
sentences: node 0 is NULL, the word that is not there; then come, sentence after sentence, ROOT and the words.
"""

from __future__ import annotations

import numpy as np
import torch

from harness.problem import Predict, tensor

SHIFT, LEFT_ARC, RIGHT_ARC = MOVES = range(3)
NULL = 0
NUM_FEATURES = 36


def root_nodes(lengths: np.ndarray) -> np.ndarray:
    """``(sentences,)`` nodes of the ROOTs; ``lengths``: ``(sentences,)`` words per sentence."""
    starts: np.ndarray = 1 + np.cumsum(lengths + 1) - (lengths + 1)
    return starts


def word_nodes(lengths: np.ndarray) -> np.ndarray:
    """``(words,)`` nodes of the words of all sentences."""
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    return np.arange(len(sentence)) + sentence + 2


def num_nodes(lengths: np.ndarray) -> int:
    """NULL, the ROOTs and the words."""
    return 1 + len(lengths) + int(lengths.sum())


class Configurations:
    """The parser's state in many sentences: stack, buffer and the arcs built so far.

    ``order``: ``(sentences,)`` the sentences, longest first. The unfinished ones are then always the first
    ``unfinished``, and the arrays over sentences below (``top``, ``next``) are cut, never gathered.
    ``below``: ``(nodes,)`` what lies under a node on its stack, NULL under ROOT: one array holds every stack.
    ``heads``: ``(nodes,)`` heads so far, NULL where there is none yet.
    """

    def __init__(self, lengths: np.ndarray) -> None:
        self._lengths = lengths
        self.order = np.argsort(-lengths, kind="stable")
        self.step = 0
        self._moves = 2 * lengths[self.order]
        self._top = root_nodes(lengths)[self.order]
        self._next = self._top + 1
        self._end = self._next + lengths[self.order]
        nodes = num_nodes(lengths)
        self.below, self.heads = np.zeros((2, nodes), dtype=np.int64)
        # NULL's children stay NULL, so that a chain of look-ups needs no test along the way.
        self._left1, self._left2, self._right1, self._right2 = np.zeros((4, nodes), dtype=np.int64)

    @property
    def unfinished(self) -> int:
        """Sentences that have moves left."""
        return int(np.count_nonzero(self._moves > self.step))

    @property
    def top(self) -> np.ndarray:
        """``(unfinished,)`` nodes on top of the stacks."""
        return self._top[: self.unfinished]

    @property
    def next(self) -> np.ndarray:
        """``(unfinished,)`` first nodes of the buffers; past the sentence's last word where that is empty."""
        return self._next[: self.unfinished]

    def features(self) -> np.ndarray:
        """``(unfinished, 18)`` nodes that the next move depends on (Chen & Manning 2014, section 3.1).

        In this order: the top three of the stack; the first three of the buffer; then for the top of the
        stack, and again for the node under it: leftmost and second leftmost child, rightmost and second
        rightmost, leftmost child of the leftmost, rightmost of the rightmost.
        """
        s0, b0 = self.top, self.next
        s1 = self.below[s0]
        ahead = [np.where(b0 + k < self._end[: len(b0)], b0 + k, NULL) for k in range(3)]
        found = [s0, s1, self.below[s1], *ahead]
        for node in (s0, s1):
            left, right = self._left1[node], self._right1[node]
            found += [left, self._left2[node], right, self._right2[node]]
            found += [self._left1[left], self._right1[right]]
        return np.stack(found, axis=1)

    def legal(self) -> np.ndarray:
        """``(unfinished, 3)`` whether each move is possible; at least one is."""
        s0, b0 = self.top, self.next
        s1 = self.below[s0]
        return np.stack([b0 < self._end[: len(b0)], self.below[s1] != NULL, s1 != NULL], axis=1)

    def apply(self, moves: np.ndarray) -> None:
        """Make one legal move in every unfinished sentence. ``moves``: ``(unfinished,)``."""
        top = self.top.copy()
        second = self.below[top]
        shift, left, right = (np.flatnonzero(moves == move) for move in MOVES)

        # A child that joins later lies further out, on either side: the newest is the leftmost or rightmost.
        head, child = top[left], second[left]
        self.heads[child] = head
        self._left2[head], self._left1[head] = self._left1[head], child
        self.below[head] = self.below[child]

        head, child = second[right], top[right]
        self.heads[child] = head
        self._right2[head], self._right1[head] = self._right1[head], child
        self._top[right] = head

        shifted = self._next[shift]
        self.below[shifted] = top[shift]
        self._top[shift] = shifted
        self._next[shift] += 1
        self.step += 1

    def trees(self) -> np.ndarray:
        """``(words,)`` heads, counted from 1 in each sentence, 0 for ROOT; of finished sentences."""
        roots = np.repeat(root_nodes(self._lengths), self._lengths)
        heads: np.ndarray = self.heads[word_nodes(self._lengths)] - roots
        return heads


class Oracle:
    """The static oracle: the move that leads to the given tree, left-arc before right-arc before shift.

    ``heads``: ``(words,)`` counted from 1 in each sentence. It follows projective trees to the end and runs
    into an impossible shift in every other: it makes only the tree's arcs, and the arcs it makes never cross.
    """

    def __init__(self, lengths: np.ndarray, heads: np.ndarray) -> None:
        words = word_nodes(lengths)
        self._heads = np.full(num_nodes(lengths), -1, dtype=np.int64)
        self._heads[words] = heads + np.repeat(root_nodes(lengths), lengths)
        self._last_child = np.zeros(num_nodes(lengths), dtype=np.int64)
        np.maximum.at(self._last_child, self._heads[words], words)

    def __call__(self, configurations: Configurations) -> np.ndarray:
        """``(unfinished,)`` moves."""
        s0 = configurations.top
        s1 = configurations.below[s0]
        left = self._heads[s1] == s0
        # s0 leaves the stack with a right-arc, and none of its children may still be in the buffer.
        right = (self._heads[s0] == s1) & (self._last_child[s0] < configurations.next)
        return np.where(left, LEFT_ARC, np.where(right, RIGHT_ARC, SHIFT))


def tokens_of(configurations: Configurations, rows: np.ndarray) -> np.ndarray:
    """``(unfinished, 36)`` words, then tags, of the feature nodes.

    ``rows``: ``(2, nodes)`` vocabulary rows of the nodes' words and tags.
    """
    nodes = configurations.features()
    return np.concatenate([rows[0][nodes], rows[1][nodes]], axis=1)


def oracle_examples(
    lengths: np.ndarray, heads: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The oracle's moves as examples, all of the first sentence, then of the second …, and who is projective.

    Returns tokens ``(examples, 36)`` int32, labels ``(examples,)`` int64, and ``(sentences,)`` bool:
    arc-standard reaches projective trees only, so a non-projective sentence has no examples.
    """
    configurations, oracle = Configurations(lengths), Oracle(lengths, heads)
    tokens = np.empty((2 * int(lengths.sum()), NUM_FEATURES), dtype=np.int32)
    labels = np.empty(len(tokens), dtype=np.int64)
    projective = np.ones(len(lengths), dtype=bool)
    first_example = (2 * (np.cumsum(lengths) - lengths))[configurations.order]
    while count := configurations.unfinished:
        moves, legal = oracle(configurations), configurations.legal()
        stuck = ~legal[np.arange(count), moves]
        projective[configurations.order[:count][stuck]] = False
        examples = first_example[:count] + configurations.step
        tokens[examples] = tokens_of(configurations, rows)
        labels[examples] = moves
        # Any moves may finish a stuck sentence: its examples are dropped below.
        configurations.apply(np.where(stuck, legal.argmax(axis=1), moves))
    kept = np.repeat(projective, 2 * lengths)
    return tokens[kept], labels[kept], projective


def parse(predict: Predict, lengths: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``(words,)`` heads, counted from 1, 0 for ROOT, by the best-scored legal move at each step.

    ``predict``: ``(examples, 36)`` int32 tokens → ``(examples, 3)`` scores of shift, left-arc, right-arc;
    whatever they are, NaN included, the result is a tree. ``rows``: ``(2, nodes)`` as in ``tokens_of``.
    """
    configurations = Configurations(lengths)
    lowest = torch.finfo(torch.float32).min
    while configurations.unfinished:
        logits = predict(tensor(tokens_of(configurations, rows))).detach().float().cpu()
        illegal = torch.from_numpy(~configurations.legal())
        # A finite lowest score keeps every legal move above the illegal ones.
        scores = logits.nan_to_num(nan=lowest, neginf=lowest).masked_fill(illegal, -torch.inf)
        configurations.apply(scores.argmax(dim=1).numpy())
    return configurations.trees()
