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


def _ahead(lengths: np.ndarray) -> np.ndarray:
    """``(3, nodes + 1)``: the first three words of the buffer that begins with each node, NULL past the sentence.

    An empty buffer begins with the node past the sentence's last word, which is a ROOT, or past all nodes.
    """
    words = np.zeros(num_nodes(lengths) + 3, dtype=np.int64)
    nodes = word_nodes(lengths)
    words[nodes] = nodes
    first, second, third = words[:-2], words[1:-1], words[2:]
    second = second * (first != NULL)
    third = third * (second != NULL)
    return np.stack([first, second, third])


class Configurations:
    """The parser's state in many sentences: stack, buffer and the arcs built so far.

    ``order``: ``(sentences,)`` the sentences, longest first. Those that have moves left are then always the first
    ``unfinished``, and the arrays over sentences are cut, never gathered.
    ``stack``: ``(3, unfinished)`` top nodes, the topmost first. ``next``: ``(unfinished,)`` first nodes of the
    buffers; past the sentence's last word where that is empty.
    ``undecided``: the first so many sentences may have a choice now: a sentence begins with a shift, and ends with a
    right-arc from ROOT, whatever happened in between.
    ``heads``: ``(nodes,)`` heads so far, NULL where there is none yet.
    """

    def __init__(self, lengths: np.ndarray) -> None:
        self._lengths = lengths
        self.order = np.argsort(-lengths, kind="stable")
        self.step = 0
        self._left_after = (len(lengths) - np.cumsum(np.bincount(2 * lengths, minlength=1))).tolist()
        self._nodes = num_nodes(lengths)
        self.heads = np.zeros(self._nodes, dtype=np.int64)
        # What lies under a node on its stack, NULL under ROOT: one array holds every stack.
        self._below = np.zeros(self._nodes, dtype=np.int64)
        # Leftmost, second leftmost, rightmost and second rightmost child of each node. NULL's stay NULL, so that a
        # chain of look-ups needs no test along the way.
        self._children = np.zeros((4, self._nodes), dtype=np.int64)
        self._ahead = _ahead(lengths)
        roots = root_nodes(lengths)[self.order]
        self._look(roots, np.zeros_like(roots), roots + 1)

    def _look(self, top: np.ndarray, second: np.ndarray, following: np.ndarray) -> None:
        """Cut to the sentences that are unfinished now, and find what a step needs several times.

        ``top``, ``second``: the nodes on the top of each stack. ``following``: the first nodes of the buffers.
        """
        left_after = self._left_after[self.step : self.step + 2]
        self.unfinished: int = left_after[0]
        self.undecided: int = left_after[-1] if self.step else 0
        self.next = following[: self.unfinished]
        # The nodes of all features; the first six, of stack and buffer, also say which moves are legal.
        self._seen = np.empty((18, self.unfinished), dtype=np.int64)
        self.stack = self._seen[:3]
        self.stack[0] = top[: self.unfinished]
        self.stack[1] = second[: self.unfinished]
        self._below.take(self.stack[1], out=self.stack[2], mode="clip")  # "raise", the default, would copy
        self._ahead.take(self.next, axis=1, out=self._seen[3:6], mode="clip")

    def features(self) -> np.ndarray:
        """``(18, unfinished)`` nodes that the next move depends on (Chen & Manning 2014, section 3.1).

        In this order: the top three of the stack; the first three of the buffer; then for the top of the
        stack, and again for the node under it: leftmost and second leftmost child, rightmost and second
        rightmost, leftmost child of the leftmost, rightmost of the rightmost.
        """
        nodes, (leftmost, _, rightmost, _) = self._seen, self._children
        for parent, of_parent in zip(nodes[:2], (nodes[6:12], nodes[12:]), strict=True):
            self._children.take(parent, axis=1, out=of_parent[:4], mode="clip")
            leftmost.take(of_parent[0], out=of_parent[4], mode="clip")
            rightmost.take(of_parent[2], out=of_parent[5], mode="clip")
        return nodes

    def legal(self) -> np.ndarray:
        """``(3, unfinished)``: whether each move is possible; in every sentence at least one is."""
        # A shift needs a word in the buffer; an arc needs two nodes on the stack, of which ROOT is no child.
        possible: np.ndarray = self._seen[3:0:-1] != NULL
        return possible

    def apply(self, moves: np.ndarray) -> None:
        """Make one legal move in every unfinished sentence. ``moves``: ``(unfinished,)``."""
        top, _, third = self.stack
        arcs = np.flatnonzero(moves)
        is_right = moves.take(arcs) == RIGHT_ARC
        ends = self.stack[:2].take(arcs, axis=1)
        head, child = np.where(is_right, ends[::-1], ends)
        self.heads[child] = head
        # A child that joins later lies further out, on either side: the newest is the leftmost or rightmost.
        children, outermost = self._children.reshape(-1), head + is_right * (2 * self._nodes)
        children[outermost + self._nodes] = children.take(outermost)
        children[outermost] = child

        is_shift = moves == SHIFT
        under = np.where(is_shift, top, third)
        over = np.where(is_shift, self.next, top)
        over[arcs] = head
        self._below[over] = under
        self.step += 1
        self._look(over, under, self.next + is_shift)

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
    while configurations.unfinished:
        moves = np.full(configurations.unfinished, RIGHT_ARC if configurations.step else SHIFT)
        if count := configurations.undecided:
            logits = predict(torch.from_numpy(tokens_of(configurations, rows)[:count]))
            # A finite lowest score, of NaN too, keeps every legal move above the illegal ones.
            scores = np.fmax(logits.detach().float().cpu().numpy(), np.finfo(np.float32).min)
            moves[:count] = np.where(configurations.legal()[:, :count].T, scores, -np.inf).argmax(axis=1)
        configurations.apply(moves)
    return configurations.trees()
