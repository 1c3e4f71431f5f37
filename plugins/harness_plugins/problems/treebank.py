"""Treebanks as problems: which transition comes next? (Chen & Manning 2014), scored by the trees it leads to.

36 features (see ``Configurations.features``), three classes: shift, left-arc, right-arc. Non-projective
sentences have no arc-standard transitions: they give no examples in any split, but are parsed and scored like
all others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, chain, pairwise
from pathlib import Path

import numpy as np
import torch
from torch import nn

from harness import Arrays, HarnessError, Predict, Problem, Split, Vocabulary, prepared, sha256, tensor
from harness_plugins.problems._conllu_format import Sentence
from harness_plugins.problems._transitions import MOVES, num_nodes, oracle_examples, parse, root_nodes, word_nodes

SPLITS = ("train", "dev", "test")
NULL, ROOT, UNK = SPECIALS = ("<null>", "<root>", "<unk>")
"""Entries for: no word at this place; the tree's root; a word or tag that the training split lacks."""
CODE = ("_conllu_format.py", "_files.py", "_transitions.py", "conllu.py", "treebank.py", "turkish_web.py")
"""The files that decide what is prepared; what other code left in the cache is prepared again."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trees:
    """The gold trees of a split, end to end.

    ``lengths``: ``(sentences,)`` words. ``rows``: ``(2, nodes)`` vocabulary rows of words and tags.
    ``heads``: ``(words,)`` from 1, 0 for ROOT. ``counted``: ``(words,)`` bool, whether a word counts in UAS.
    """

    lengths: np.ndarray
    rows: np.ndarray
    heads: np.ndarray
    counted: np.ndarray


def treebank_problem(
    name: str,
    files: Mapping[str, str],
    read: Callable[[], Mapping[str, Sequence[Sentence]]],
    *,
    tag_column: str,
    count_punctuation: bool,
) -> Problem:
    """A Problem from the sentences of each split.

    ``files``: sha256 of each file that ``read`` reads, by a name that says what it is for. ``read`` is only
    called if the cache does not have the problem. The test split is prepared, but scored only on demand.
    HarnessError where a split has nothing to learn from or to score.
    """
    code = sha256(b"".join(Path(__file__).with_name(file).read_bytes() for file in CODE))
    key = json.dumps({"files": dict(files), "tag_column": tag_column, "code": code}, sort_keys=True)
    arrays, facts = prepared(name, key, lambda: _prepare(name, read()))
    trees = {split: _trees(arrays, split, count_punctuation=count_punctuation) for split in SPLITS}
    train, dev, test = (_split(arrays, split) for split in SPLITS)
    return Problem(
        name=name, train=train, dev=dev, test=test, num_classes=len(MOVES),
        vocabulary=vocabulary_of(facts["words"], facts["tags"]),  # type: ignore[arg-type] # lists, see _prepare
        metrics={"uas": "maximise"}, score=partial(_score, trees),
        score_data={f"{split}.{name}": array for split, gold in trees.items() for name, array in vars(gold).items()},
        conventions=_conventions(arrays["train.projective"], tag_column, count_punctuation=count_punctuation),
    )  # fmt: skip


def _prepare(name: str, splits: Mapping[str, Sequence[Sentence]]) -> tuple[Arrays, Mapping[str, object]]:
    words, tags = ranked_texts((sentence.forms, sentence.tags) for sentence in splits["train"])
    vocabulary = vocabulary_of(words, tags)
    arrays: Arrays = {}
    for split in SPLITS:
        sentences = splits[split]
        lengths, rows = encode([(sentence.forms, sentence.tags) for sentence in sentences], vocabulary)
        heads = np.array(list(chain.from_iterable(sentence.heads for sentence in sentences)), dtype=np.int64)
        punctuation = np.array(list(chain.from_iterable(sentence.punctuation for sentence in sentences)), dtype=bool)
        tokens, labels, projective = oracle_examples(lengths, heads, rows)
        if not len(labels):
            among = f"among the {len(lengths)} of {split}"
            raise HarnessError(f"{name}: no projective sentence {among}, needs at least one to learn from")
        arrays |= {
            f"{split}.lengths": lengths, f"{split}.rows": rows, f"{split}.heads": heads,
            f"{split}.punctuation": punctuation, f"{split}.tokens": tokens, f"{split}.labels": labels,
            f"{split}.projective": projective,
        }  # fmt: skip
    return arrays, {"words": words, "tags": tags}


def _split(arrays: Arrays, split: str) -> Split:
    return Split(tokens=tensor(arrays[f"{split}.tokens"]), labels=tensor(arrays[f"{split}.labels"]))


def _trees(arrays: Arrays, split: str, *, count_punctuation: bool) -> Trees:
    lengths, rows, heads, punctuation = (
        arrays[f"{split}.{field}"] for field in ("lengths", "rows", "heads", "punctuation")
    )
    counted = ~punctuation | count_punctuation
    if not counted.any():
        raise HarnessError(f"{split} has nothing but punctuation, needs count_punctuation = true to be scored")
    return Trees(lengths=lengths, rows=rows, heads=heads, counted=counted)


def _score(trees: Mapping[str, Trees], predict: Predict, split: str) -> dict[str, float]:
    gold = trees[split]
    right = parse(predict, gold.lengths, gold.rows) == gold.heads
    return {"uas": 100.0 * float(right[gold.counted].mean())}


def _conventions(projective: np.ndarray, tag_column: str, *, count_punctuation: bool) -> str:
    punctuation = "counted" if count_punctuation else "not counted (upos PUNCT)"
    left_out = f"{np.count_nonzero(~projective):,} of {len(projective):,}"
    return (
        f"UAS over all sentences, punctuation {punctuation}, gold {tag_column} tags; non-projective sentences"
        f" left out of training ({left_out}), loss and accuracy; legal-move mask in parsing only"
    )


def ranked_texts(sentences: Iterable[tuple[Sequence[str], Sequence[str]]]) -> tuple[list[str], list[str]]:
    """Every lower-cased word and every tag of (forms, tags) sentences, the most frequent first."""
    words: Counter[str] = Counter()
    tags: Counter[str] = Counter()
    for forms, sentence_tags in sentences:
        words.update(form.lower() for form in forms)
        tags.update(sentence_tags)
    return [word for word, _ in words.most_common()], [tag for tag, _ in tags.most_common()]


def vocabulary_of(words: Sequence[str], tags: Sequence[str]) -> Vocabulary:
    """One row per text: NULL, ROOT, UNK and words of kind ``word``; then the same of kind ``tag``."""
    # A word that is spelt like a special entry shares its row: a row must be found by its text.
    texts = [list(dict.fromkeys([*SPECIALS, *own])) for own in (words, tags)]
    kinds = ["word"] * len(texts[0]) + ["tag"] * len(texts[1])
    return Vocabulary(texts=tuple(chain(*texts)), kinds=tuple(kinds))


def encode(
    sentences: Sequence[tuple[Sequence[str], Sequence[str]]], vocabulary: Vocabulary
) -> tuple[np.ndarray, np.ndarray]:
    """(forms, tags) sentences as lengths ``(sentences,)`` and int32 vocabulary rows ``(2, nodes)``."""
    row_of = vocabulary.rows
    missing = [f"{kind} {text}" for kind in ("word", "tag") for text in SPECIALS if (kind, text) not in row_of]
    if missing:
        raise HarnessError(f"not the vocabulary of a treebank problem: it has no {', '.join(missing)}")
    lengths = np.array([len(forms) for forms, _ in sentences], dtype=np.int64)
    rows = np.empty((2, num_nodes(lengths)), dtype=np.int32)
    unknown_word, unknown_tag = row_of["word", UNK], row_of["tag", UNK]
    rows[:, 0] = row_of["word", NULL], row_of["tag", NULL]
    rows[:, root_nodes(lengths)] = [[row_of["word", ROOT]], [row_of["tag", ROOT]]]
    words = (form.lower() for forms, _ in sentences for form in forms)
    tags = (tag for _, sentence_tags in sentences for tag in sentence_tags)
    rows[0, word_nodes(lengths)] = [row_of.get(("word", word), unknown_word) for word in words]
    rows[1, word_nodes(lengths)] = [row_of.get(("tag", tag), unknown_tag) for tag in tags]
    return lengths, rows


class Parser:
    """A trained model at work, e.g. one loaded from disk.

    ``Parser(model, vocabulary).parse([[("The", "DET"), ("dog", "NOUN")]])`` → ``[[2, 0]]``. ``model``:
    ``(examples, 36)`` tokens → ``(examples, 3)`` logits. ``vocabulary``: of the treebank problem it learnt.
    """

    def __init__(self, model: nn.Module, vocabulary: Vocabulary) -> None:
        self.model = model
        self.vocabulary = vocabulary

    def parse(self, sentences: Sequence[Sequence[tuple[str, str]]]) -> list[list[int]]:
        """Heads of the words of each sentence, counted from 1, 0 for the root; the model runs in eval mode.

        ``sentences``: (word, tag) pairs, tagged as in the problem's tag column. HarnessError if the
        vocabulary is not a treebank problem's.
        """
        pairs = [([word for word, _ in sentence], [tag for _, tag in sentence]) for sentence in sentences]
        lengths, rows = encode(pairs, self.vocabulary)
        weight = next(self.model.parameters(), torch.empty(0))
        training = self.model.training
        self.model.eval()
        try:
            with torch.inference_mode():
                heads = parse(lambda tokens: self.model(tokens.to(weight.device)), lengths, rows).tolist()
        finally:
            self.model.train(training)
        return [heads[start:end] for start, end in pairwise(accumulate(lengths.tolist(), initial=0))]
