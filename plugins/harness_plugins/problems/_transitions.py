"""Arc-standard dependency parsing (Nivre 2004; 2008, section 4.1) of many sentences in step.

Every sentence of n words takes exactly 2n moves, so the sentences of a whole split advance together, one move
each per step, and nothing here loops over sentences or examples. Words are *nodes*, numbered through all
sentences: node 0 is NULL, the word that is not there; then come, sentence after sentence, ROOT and the words.
"""

from __future__ import annotations

import numpy as np
import torch

from harness import Predict

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

    ``order``: ``(sentences,)`` the sentences, longest first. Those that have moves left are then always the first
    ``unfinished``, and the arrays over sentences are cut, never gathered.
    ``stack``: ``(3, unfinished)`` top nodes, the topmost first. ``next``: ``(unfinished,)`` first nodes of the
    buffers; past the sentence's last word where that is empty.
    ``below``: ``(nodes,)`` what lies under a node on its stack, NULL under ROOT: one array holds every stack.
    ``heads``: ``(nodes,)`` heads so far, NULL where there is none yet.
    """

    def __init__(self, lengths: np.ndarray) -> None:
        self._lengths = lengths
        self.order = np.argsort(-lengths, kind="stable")
        self.step = 0
        self._unfinished = (len(lengths) - np.cumsum(np.bincount(2 * lengths, minlength=1))).tolist()
        self._top = root_nodes(lengths)[self.order]
        self._next = self._top + 1
        self._end = self._next + lengths[self.order]
        nodes = num_nodes(lengths)
        self.below, self.heads = np.zeros((2, nodes), dtype=np.int64)
        # NULL's children stay NULL, so that a chain of look-ups needs no test along the way.
        self._children = np.zeros((4, nodes), dtype=np.int64)
        self._left1, self._left2, self._right1, self._right2 = self._children
        self._look()

    def _look(self) -> None:
        """Compute what a step needs several times."""
        self.unfinished: int = self._unfinished[self.step]
        self.next = self._next[: self.unfinished]
        self.stack = np.empty((3, self.unfinished), dtype=np.int64)
        self.stack[0] = self._top[: self.unfinished]
        self.stack[1] = self.below.take(self.stack[0])
        self.stack[2] = self.below.take(self.stack[1])

    def features(self) -> np.ndarray:
        """``(18, unfinished)`` nodes that the next move depends on (Chen & Manning 2014, section 3.1).

        In this order: the top three of the stack; the first three of the buffer; then for the top of the
        stack, and again for the node under it: leftmost and second leftmost child, rightmost and second
        rightmost, leftmost child of the leftmost, rightmost of the rightmost.
        """
        nodes = np.empty((18, self.unfinished), dtype=np.int64)
        nodes[:3] = self.stack
        ahead = np.add(self.next, np.arange(3)[:, np.newaxis], out=nodes[3:6])
        ahead *= ahead < self._end[: self.unfinished]  # NULL is 0
        of_both = nodes[6:].reshape(2, 6, self.unfinished)
        of_both[:, :4] = self._children.take(self.stack[:2], axis=1).swapaxes(0, 1)
        of_both[:, 4] = self._left1.take(of_both[:, 0])
        of_both[:, 5] = self._right1.take(of_both[:, 2])
        return nodes

    def legal(self) -> np.ndarray:
        """``(3, unfinished)``: whether each move is possible; in every sentence at least one is."""
        possible = np.empty((3, self.unfinished), dtype=bool)
        np.less(self.next, self._end[: self.unfinished], out=possible[SHIFT])
        np.not_equal(self.stack[:0:-1], NULL, out=possible[LEFT_ARC:])  # an arc needs two, of which ROOT is no child
        return possible

    def apply(self, moves: np.ndarray) -> None:
        """Make one legal move in every unfinished sentence. ``moves``: ``(unfinished,)``."""
        top, second, _ = self.stack
        shift, left, right = (np.flatnonzero(moves == move) for move in MOVES)

        # A child that joins later lies further out, on either side: the newest is the leftmost or rightmost.
        head, child = top.take(left), second.take(left)
        self.heads[child] = head
        self._left2[head] = self._left1.take(head)
        self._left1[head] = child
        self.below[head] = self.below.take(child)

        head, child = second.take(right), top.take(right)
        self.heads[child] = head
        self._right2[head] = self._right1.take(head)
        self._right1[head] = child
        self._top[right] = head

        shifted = self._next.take(shift)
        self.below[shifted] = top.take(shift)
        self._top[shift] = shifted
        self._next[shift] = shifted + 1
        self.step += 1
        self._look()

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
        s0, s1, _ = configurations.stack
        left = self._heads[s1] == s0
        # s0 leaves the stack with a right-arc, and none of its children may still be in the buffer.
        right = (self._heads[s0] == s1) & (self._last_child[s0] < configurations.next)
        return np.where(left, LEFT_ARC, np.where(right, RIGHT_ARC, SHIFT))


def tokens_of(configurations: Configurations, rows: np.ndarray) -> np.ndarray:
    """``(unfinished, 36)`` words, then tags, of the feature nodes.

    ``rows``: ``(2, nodes)`` vocabulary rows of the nodes' words and tags.
    """
    tokens = rows.take(configurations.features(), axis=1).reshape(NUM_FEATURES, -1)
    return np.ascontiguousarray(tokens.T)


def oracle_examples(
    lengths: np.ndarray, heads: np.ndarray, rows: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The oracle's moves as examples, sentence after sentence, and which sentences are projective.

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
        stuck = ~legal[moves, np.arange(count)]
        projective[configurations.order[:count][stuck]] = False
        examples = first_example[:count] + configurations.step
        tokens[examples] = tokens_of(configurations, rows)
        labels[examples] = moves
        # Any moves may finish a stuck sentence: its examples are dropped below.
        configurations.apply(np.where(stuck, legal.argmax(axis=0), moves))
    kept = np.repeat(projective, 2 * lengths)
    return tokens[kept], labels[kept], projective


def parse(predict: Predict, lengths: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """``(words,)`` heads, counted from 1, 0 for ROOT, by the best-scored legal move at each step.

    ``predict``: ``(examples, 36)`` int32 tokens → ``(examples, 3)`` scores of shift, left-arc, right-arc;
    whatever they are, NaN included, the result is a tree. ``rows``: ``(2, nodes)`` as in ``tokens_of``.
    """
    configurations = Configurations(lengths)
    lowest = np.finfo(np.float32).min
    while configurations.unfinished:
        logits = predict(torch.from_numpy(tokens_of(configurations, rows))).detach().float().cpu().numpy()
        # A finite lowest score, of NaN too, keeps every legal move above the illegal ones.
        scores = np.where(configurations.legal().T, np.fmax(logits, lowest), -np.inf)
        configurations.apply(scores.argmax(axis=1))
    return configurations.trees()
