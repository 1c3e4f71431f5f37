"""Study files: every fault with its line and its cure, all at once; never a traceback."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.errors import HarnessError, StudyError
from harness.study.file import draft_study, locate
from harness.study.plan import make_plan, plan_from_file

from support.study_texts import ADAM, HEAD, OPTIMISERS, TOP

# What can be wrong with the file


def test_a_missing_file(registry, tmp_path):
    path = tmp_path / "absent.toml"
    with pytest.raises(StudyError) as caught:
        plan_from_file(path, (), registry)
    assert str(caught.value) == f"{path}: cannot be read: no such file or directory"


def test_a_folder_instead_of_a_file(registry, tmp_path):
    with pytest.raises(StudyError) as caught:
        plan_from_file(tmp_path, (), registry)
    assert str(caught.value) == f"{tmp_path}: cannot be read: it is a folder, not a file"


def test_an_empty_file_lacks_everything_that_has_no_default(fault):
    assert fault("").splitlines() == [
        "x.toml: metric: is missing",
        "x.toml: problem: is missing",
        "x.toml: question: is missing",
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1\n\n[b\n", "x.toml:3: not TOML: expected ']' at the end of a table declaration"),
        ("question = what\n", "x.toml:1: not TOML: invalid value"),
        ('question = "a\nseed = 1\n', "x.toml:1: not TOML: illegal character '\\n'"),
        ("seed = 1\nseed = 2\n", "x.toml:2: not TOML: cannot overwrite a value"),
        ("[search]\ntrials = 2\n[search]\n", "x.toml:3: not TOML: cannot declare ('search',) twice"),
        ("[model]\nseed = [1,\n\n", "x.toml:4: not TOML: invalid value"),
        ("question = 1\rmetric = 2", "x.toml:1: not TOML: expected newline or end of document after a statement"),
    ],
)
def test_not_toml(fault, text, message):
    shown = fault(text)
    # The words are tomllib's and may change between versions of Python; the place is ours.
    assert shown == message or shown.startswith(message[: len("x.toml:3: not TOML: ")])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("seed = 1" + "1" * 5000, "exceeds the limit"),
        ("seed = " + "[" * 20_000, ""),
    ],
)
def test_toml_that_python_cannot_swallow_is_no_traceback(fault, text, reason):
    shown = fault(text)
    assert shown.startswith("x.toml")
    assert f": not TOML: {reason}" in shown
    assert len(shown) < 200


def test_not_utf_8(fault):
    assert fault(b'question = "q"\nmetric = "\xff"\n') == "x.toml:2: not UTF-8"


def test_a_byte_order_mark_and_windows_lines_are_fine(plan, fault):
    assert plan(b"\xef\xbb\xbf" + HEAD.replace("\n", "\r\n").encode()).study.metric == "dev_accuracy"
    assert fault(b"\xef\xbb\xbf" + (HEAD + "sead = 3\n").replace("\n", "\r\n").encode()).startswith("x.toml:4: sead: ")


# What can be wrong in it, each fault alone

FAULTS = [
    # keys that are not known
    ("sead = 3", f"x.toml:4: sead: unknown key 'sead', did you mean 'seed'? known: {TOP}"),
    (
        "[search]\ntrails = 3",
        "x.toml:5: search.trails: unknown key 'trails', did you mean 'trials'? "
        "known: batch, objectives, repeats, sampler, trials, widen",
    ),
    (
        "[model]\nhidden = 3",
        "x.toml:5: model.hidden: unknown key 'hidden', did you mean 'hidden_dim'? "
        "known: bias, embedding_dim, hidden_dim",
    ),
    (
        "[training]\nepoch = 3",
        "x.toml:5: training.epoch: unknown key 'epoch', did you mean 'epochs'? "
        "known: batch_size, epochs, evaluations, probe, score_always",
    ),
    ("[select]\nk = 3", "x.toml:5: select.k: unknown key 'k'; known: defaults, seeds, trials"),
    (
        "[confirm]\nseed = 3",
        "x.toml:5: confirm.seed: unknown key 'seed', did you mean 'seeds'? known: limit, seeds, until_decided",
    ),
    # wrong types
    ("seed = 'a'", "x.toml:4: seed: must be an integer, got 'a'"),
    ("seed = 1.0", "x.toml:4: seed: must be an integer, got 1.0"),
    ("compare = 'optimiser'", "x.toml:4: compare: must be a list, got 'optimiser'"),
    ("compare = [1]", "x.toml:4: compare.0: must be a string, got 1"),
    ("search = 3", "x.toml:4: search: must be a table, got 3"),
    ("choices = 3", "x.toml:4: choices: must be a table, got 3"),
    ("space = [1]", "x.toml:4: space: must be a table, got [1]"),
    ("baseline = 'adam'", "x.toml:4: baseline: must be a table, got 'adam'"),
    ("[search]\ntrials = true", "x.toml:5: search.trials: must be an integer, got True"),
    ("[training]\nscore_always = 1", "x.toml:5: training.score_always: must be true or false, got 1"),
    ("search = { trials = '8' }", "x.toml:4: search.trials: must be an integer, got '8'"),
    ("search.trials = '8'", "x.toml:4: search.trials: must be an integer, got '8'"),
    ("model = 2020-01-01", "x.toml:4: model: must be a table, got datetime.date(2020, 1, 1)"),
    (
        f"[search]\ntrials = {'x' * 300!r}",
        f"x.toml:5: search.trials: must be an integer, got '{'x' * 98}…",
    ),
    # impossible values
    ("seed = -1", "x.toml:4: seed: must be greater than or equal to 0, got -1"),
    ("[search]\ntrials = 0", "x.toml:5: search.trials: must be greater than or equal to 1, got 0"),
    ("[search]\nobjectives = 'seconds'", "x.toml:5: search.objectives: must be a list, got 'seconds'"),
    (
        "[search]\nobjectives = ['second']",
        "x.toml:5: search.objectives: unknown objective 'second', did you mean 'seconds'? known: dev_hits, dev_loss, "
        "seconds",
    ),
    (
        "[search]\nobjectives = ['dev_loss', 'seconds', 'dev_loss']",
        "x.toml:5: search.objectives: 'dev_loss' is listed twice",
    ),
    (
        "[search]\nobjectives = ['dev_accuracy']",
        "x.toml:5: search.objectives: 'dev_accuracy' is the study's metric, which the search is told in any case",
    ),
    ("[search]\nbatch = 0", "x.toml:5: search.batch: must be greater than or equal to 1, got 0"),
    ("[select]\nseeds = 100", "x.toml:5: select.seeds: must be less than 100, got 100"),
    ("[confirm]\nseeds = 0", "x.toml:5: confirm.seeds: must be greater than or equal to 1, got 0"),
    ("[confirm]\nseeds = 10000", "x.toml:5: confirm.seeds: must be less than 10000, got 10000"),
    ("[training]\nepochs = 0", "x.toml:5: training.epochs: must be greater than 0, got 0"),
    ("[model]\nhidden_dim = -2", "x.toml:5: model.hidden_dim: must be greater than 0, got -2"),
    (
        "[search]\nsampler = 'sobl'",
        "x.toml:5: search.sampler: unknown sampler 'sobl', did you mean 'sobol'? "
        "known: cmaes, gp, grid, nsgaii, nsgaiii, qmc, random, sobol, tpe, or module:Class",
    ),
    (
        "[search]\nsampler = 3",
        'x.toml:5: search.sampler: is a name, or a table like { name = "cmaes", popsize = 8 }, got 3',
    ),
    (
        "[search]\nsampler = { name = 'sobol', x = 1 }",
        "x.toml:5: search.sampler: sampler 'sobol' has no options, got x",
    ),
    (
        "[search]\nsampler = { name = 'tpe', gamma = [1] }",
        "x.toml:5: search.sampler: option gamma is a bool, int, float or str, got [1]",
    ),
    ("[model]\nbias = 'one'", "x.toml:5: model.bias: unknown bias 'one'; known: torch_default, zeros"),
    # choices
    (
        "[choices]\noptimizer = 'adam'",
        "x.toml:5: choices.optimizer: unknown choice 'optimizer', did you mean 'optimiser'? "
        "known: dropout, embedding, initialiser, lr_schedule, optimiser, regularisers",
    ),
    (
        "[choices]\noptimiser = 'adm'",
        f"x.toml:5: choices.optimiser: unknown optimiser 'adm', did you mean 'adam'? known: {OPTIMISERS}",
    ),
    ("[choices]\noptimiser = []", "x.toml:5: choices.optimiser: an empty list leaves nothing to choose from"),
    (
        "[choices]\noptimiser = 3",
        'x.toml:5: choices.optimiser: write a name or { name = "…", hyperparameter = value }, got 3',
    ),
    (
        "[choices]\noptimiser = { lr = 3 }",
        "x.toml:5: choices.optimiser: write a name or { name = \"…\", hyperparameter = value }, got {'lr': 3}",
    ),
    (
        "[choices]\noptimiser = { name = 'adam', lrr = 3 }",
        "x.toml:5: choices.optimiser: unknown hyperparameter of optimiser 'adam': 'lrr', did you mean 'lr'? "
        f"known: {ADAM}",
    ),
    (
        "[choices]\noptimiser = { name = 'adam', lr = 'x' }",
        "x.toml:5: choices.optimiser: optimiser.adam.lr is a float, got 'x'",
    ),
    (
        "[choices]\noptimiser = { name = 'adam', lr = [1.0] }",
        "x.toml:5: choices.optimiser: a value is a number, a string or true/false, got [1.0]",
    ),
    (
        f"[choices]\noptimiser = {{ name = 'adam', lr = {10**30} }}",
        "x.toml:5: choices.optimiser: a whole number has at most 64 bits, got one of 100",
    ),
    (
        "[choices]\noptimiser = { name = 'adam', search = 'lr' }",
        "x.toml:5: choices.optimiser: search is a list of names of hyperparameters, got 'lr'",
    ),
    (
        "[choices]\noptimiser = { name = 'adam', search = ['lrr'] }",
        "x.toml:5: choices.optimiser: unknown hyperparameter of optimiser 'adam': 'lrr', did you mean 'lr'? "
        f"known: {ADAM}",
    ),
    (
        "[choices]\noptimiser = { name = 'adam', search = ['weight_decay'] }",
        "x.toml:5: choices.optimiser: optimiser.adam.weight_decay has no range to search: "
        "give one in [space], or leave it out of search",
    ),
    (
        "[choices]\noptimiser = ['adam', 'adam']",
        "x.toml:5: choices.optimiser: 'adam' is listed twice, which only a compared choice can be",
    ),
    (
        "compare = ['optimiser']\n[choices]\noptimiser = ['adam', 'sgd', 'adam']",
        "x.toml:6: choices.optimiser: an entry is listed twice",
    ),
    (
        "compare = ['optimiser']\n[choices]\noptimiser = [{ name = 'adam', lr = 1 }, { name = 'adam', lr = 1.0 }]",
        "x.toml:6: choices.optimiser: an entry is listed twice",
    ),
    # compare
    ("compare = ['optimiser']", "x.toml:4: compare: 'optimiser' needs a list of at least 2 in [choices]"),
    (
        "compare = ['optimiser']\n[choices]\noptimiser = ['adam']",
        "x.toml:4: compare: 'optimiser' needs a list of at least 2 in [choices]",
    ),
    (
        "compare = ['optimizer']",
        "x.toml:4: compare: unknown choice 'optimizer', did you mean 'optimiser'? "
        "known: dropout, embedding, initialiser, lr_schedule, optimiser, regularisers, "
        "or a CHOICE.COMPONENT.HYPERPARAMETER",
    ),
    (
        "compare = ['optimiser', 'optimiser']\n[choices]\noptimiser = ['adam', 'sgd']",
        "x.toml:4: compare: 'optimiser' is listed twice",
    ),
    (
        "compare = ['optimiser.adam.lr']",
        "x.toml:4: compare: 'optimiser.adam.lr' needs a list of at least 2 values in [space]: "
        '"optimiser.adam.lr" = [ … ]',
    ),
    (
        "compare = ['optimiser.adam.lr']\n[space]\n'optimiser.adam.lr' = [0.1]",
        "x.toml:4: compare: 'optimiser.adam.lr' needs a list of at least 2 values in [space]: "
        '"optimiser.adam.lr" = [ … ]',
    ),
    (
        "compare = ['optimiser.adam.lr']\n[choices]\noptimiser = ['adam', 'sgd']\n"
        "[space]\n'optimiser.adam.lr' = [0.1, 0.2]",
        "x.toml:4: compare: 'optimiser.adam.lr' needs optimiser = \"adam\" alone",
    ),
    (
        "compare = ['optimiser.adam.lr']\n[space]\n'optimiser.adam.lr' = [1, 2, 1.0]",
        "x.toml:6: space.optimiser.adam.lr: has a value twice: [1.0, 2.0, 1.0]",
    ),
    (
        "compare = ['optimiser.adam.lr']\n[space]\n'optimiser.adam.lr' = ['a', 0.1]",
        "x.toml:6: space.optimiser.adam.lr: lr is a float, got 'a'",
    ),
    (
        "compare = ['optimiser.adam.lrr']\n[space]\n'optimiser.adam.lrr' = [0.2, 0.1]",
        "x.toml:6: space.optimiser.adam.lrr: unknown hyperparameter of optimiser 'adam': 'lrr', did you mean 'lr'? "
        f"known: {ADAM}",
    ),
    # baseline
    (
        "compare = ['optimiser']\nbaseline = { optimiser = 'nadam' }\n[choices]\noptimiser = ['adam', 'sgd']",
        "x.toml:5: baseline: fits 0 arms and must fit one; arms: adam, sgd",
    ),
    (
        "compare = ['optimiser']\nbaseline = { optimiser = ['adam'] }\n[choices]\noptimiser = ['adam', 'sgd']",
        "x.toml:5: baseline: fits 0 arms and must fit one; arms: adam, sgd",
    ),
    (
        "compare = ['optimiser', 'dropout']\nbaseline = { optimiser = 'adam' }\n"
        "[choices]\noptimiser = ['adam', 'sgd']\ndropout = ['constant', 'linear']",
        "x.toml:5: baseline: fits 2 arms and must fit one; "
        "arms: adam, constant, adam, linear, sgd, constant, sgd, linear",
    ),
    (
        "compare = ['optimiser']\n[baseline]\ndropout = 'constant'\noptimiser = 'adam'\n"
        "[choices]\noptimiser = ['adam', 'sgd']",
        "x.toml:6: baseline.dropout: is not compared; compared: optimiser",
    ),
    # space
    (
        "[space]\nlr = 3",
        "x.toml:5: space.lr: write CHOICE.COMPONENT.HYPERPARAMETER, CHOICE being one of "
        "embedding, initialiser, optimiser, lr_schedule, dropout, regularisers",
    ),
    (
        "[space]\n'optimiser.adm.lr' = 3",
        f"x.toml:5: space.optimiser.adm.lr: unknown optimiser 'adm', did you mean 'adam'? known: {OPTIMISERS}",
    ),
    (
        "[space]\n'optimiser.adam.lrr' = 3",
        "x.toml:5: space.optimiser.adam.lrr: unknown hyperparameter of optimiser 'adam': 'lrr', "
        f"did you mean 'lr'? known: {ADAM}",
    ),
    ("[space]\n'optimiser.sgd.lr' = 3.0", "x.toml:5: space.optimiser.sgd.lr: is never used: optimiser is adam"),
    (
        "[choices]\noptimiser = ['adam', 'nadam']\n[space]\n'optimiser.sgd.lr' = 3.0",
        "x.toml:7: space.optimiser.sgd.lr: is never used: optimiser is adam or nadam",
    ),
    (
        "[choices]\noptimiser = { name = 'adam', lr = 0.1 }\n[space]\n'optimiser.adam.lr' = 0.2",
        "x.toml:7: space.optimiser.adam.lr: is already fixed at 0.1 in [choices]",
    ),
    ("[space]\n'optimiser.adam.lr' = 'x'", "x.toml:5: space.optimiser.adam.lr: lr is a float, got 'x'"),
    ("[space]\n'optimiser.adam.lr' = nan", "x.toml:5: space.optimiser.adam.lr: lr is a float, got nan"),
    ("[space]\n'optimiser.adam.lr' = []", "x.toml:5: space.optimiser.adam.lr: needs at least one value"),
    (
        "[space]\n'optimiser.adam.lr' = [0.1, 0.1]",
        "x.toml:5: space.optimiser.adam.lr: has a value twice: [0.1, 0.1]",
    ),
    (
        "[space]\n'optimiser.adam.lr' = [[0.1]]",
        "x.toml:5: space.optimiser.adam.lr: a value is a number, a string or true/false, got [0.1]",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = 0.1 }",
        "x.toml:5: space.optimiser.adam.lr: a range needs low and high, got {'low': 0.1}",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = 0.1, hihg = 1 }",
        "x.toml:5: space.optimiser.adam.lr: unknown key of a range 'hihg', did you mean 'high'? "
        "known: high, low, points, scale",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = '0.1', high = 1 }",
        "x.toml:5: space.optimiser.adam.lr: low of a range is a float, got '0.1'",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = true, high = 2 }",
        "x.toml:5: space.optimiser.adam.lr: low of a range is a float, got True",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = 2.0, high = 1.0 }",
        "x.toml:5: space.optimiser.adam.lr: needs finite low < high, got low=2.0, high=1.0",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = 0.1, high = inf }",
        "x.toml:5: space.optimiser.adam.lr: needs finite low < high, got low=0.1, high=inf",
    ),
    (
        f"[space]\n'optimiser.adam.lr' = {{ low = 0.1, high = {10**400} }}",
        "x.toml:5: space.optimiser.adam.lr: a whole number has at most 64 bits, got one of 1329",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = 0, high = 1 }",
        "x.toml:5: space.optimiser.adam.lr: a log scale needs low > 0, got 0",
    ),
    (
        "[space]\n'optimiser.adam.beta1' = { low = 0, high = 1 }",
        "x.toml:5: space.optimiser.adam.beta1: scale one_minus_log needs high < 1, got 1",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = 1, high = 2, scale = 'lg' }",
        "x.toml:5: space.optimiser.adam.lr: scale is one of linear, log, one_minus_log, got 'lg'",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = 1, high = 2, points = 1 }",
        "x.toml:5: space.optimiser.adam.lr: a range has 2 to 1000 points, got 1",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = 1, high = 2, points = 1_000_000_000 }",
        "x.toml:5: space.optimiser.adam.lr: a range has 2 to 1000 points, got 1000000000",
    ),
    (
        "[space]\n'optimiser.adam.lr' = { low = 1, high = 2, points = 2.0 }",
        "x.toml:5: space.optimiser.adam.lr: points of a range is an int, got 2.0",
    ),
    (
        "[choices]\noptimiser = 'sgd'\n[space]\n'optimiser.sgd.nesterov' = { low = 0, high = 1 }",
        "x.toml:7: space.optimiser.sgd.nesterov: is a bool: give a value or a list of values",
    ),
    # grid
    (
        "[choices]\noptimiser = { name = 'adam', search = ['lr'] }\n[search]\nsampler = 'grid'",
        "x.toml:7: search.sampler: optimiser.adam.lr: a grid needs a list of values, or points = … in its range",
    ),
]


@pytest.mark.parametrize(("text", "message"), FAULTS, ids=[message[:60] for _, message in FAULTS])
def test_one_fault_is_one_line(fault, text, message):
    assert fault(HEAD + text + "\n") == message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('question = "Which?"\n', "", "x.toml: question: is missing"),
        ('question = "Which?"', "question = 3", "x.toml:1: question: must be a string, got 3"),
        (
            '"tiny"',
            '"tny"',
            "x.toml:2: problem: unknown problem 'tny', did you mean 'tiny'? known: conllu, table, tiny, turkish-web",
        ),
        ('"tiny"', "3", 'x.toml:2: problem: write a name or { name = "…", hyperparameter = value }, got 3'),
        (
            '"tiny"',
            '{ name = "tiny", sed = 3 }',
            "x.toml:2: problem.sed: unknown hyperparameter of problem 'tiny': 'sed', did you mean 'seed'? "
            "known: examples, seed",
        ),
        ('"tiny"', '{ name = "tiny", seed = 1.5 }', "x.toml:2: problem.seed: problem.tiny.seed is an int, got 1.5"),
        (
            '"tiny"',
            '{ name = "tiny", search = ["seed"] }',
            "x.toml:2: problem: search is for what [choices] lists, a problem is not searched",
        ),
        ('"tiny"', '"?"', "x.toml:2: problem: unknown problem '?'; known: conllu, table, tiny, turkish-web"),
        (
            '"dev_accuracy"',
            '"dev_accurcy"',
            "x.toml:3: metric: unknown metric 'dev_accurcy', did you mean 'dev_accuracy'? "
            "known: dev_accuracy, dev_hits, dev_loss",
        ),
        ('"dev_accuracy"', '"?"', "x.toml:3: metric: unknown metric '?'; known: dev_accuracy, dev_hits, dev_loss"),
        ('"dev_accuracy"', "[]", "x.toml:3: metric: must be a string, got []"),
    ],
)
def test_a_fault_in_the_head_is_one_line(fault, old, new, message):
    assert fault(HEAD.replace(old, new)) == message


def test_a_problem_whose_files_are_missing_stands_at_its_line(fault):
    text = HEAD.replace('"tiny"', '{ name = "conllu", train = "no.conllu", dev = "no.conllu", test = "no.conllu" }')
    shown = fault(text)
    assert shown.startswith("x.toml:2: problem: no.conllu:1: no such file")
    assert len(shown.splitlines()) == 1


def test_many_faults_come_at_once_in_the_order_of_the_file(fault):
    text = """\
question = "Which?"
problem  = { name = "tiny", sed = 3 }
compare  = ["optimizer"]
baseline = { dropout = "linear" }
seed     = -1
metrik   = "dev_loss"

[choices]
optimiser = [
  { name = "adm" },
  { name = "sgd", lr = "x" },
]
dropout = []
initializer = "zeros"

[search]
trials  = "8"
sampler = "tpee"

[space]
"optimiser.sgd.momentum" = { low = 0.9, high = 0.1 }
"optimiser.sgd.lr" = { low = 2 }
"dropout.constant.rat" = 0.1
x = 3

[confirm]
seeds = 0
"""
    assert fault(text, "search.batch=0", "nonsense=1", "noequals").splitlines() == [
        "--set noequals: write key=value, for example --set search.trials=16",
        "--set nonsense: unknown key 'nonsense', did you mean 'seed'? known: baseline, choices, compare, confirm, "
        "dropout, embedding, failed, initialiser, lr_schedule, metric, model, optimiser, problem, "
        "question, regularisers, "
        "search, seed, seed_namespace, select, "
        "smallest_difference, space, tier, training",
        "--set search.batch=0: search.batch: must be greater than or equal to 1, got 0",
        "x.toml:2: problem.sed: unknown hyperparameter of problem 'tiny': 'sed', did you mean 'seed'? "
        "known: examples, seed",
        "x.toml:3: compare: unknown choice 'optimizer', did you mean 'optimiser'? "
        "known: dropout, embedding, initialiser, lr_schedule, optimiser, regularisers, "
        "or a CHOICE.COMPONENT.HYPERPARAMETER",
        "x.toml:4: baseline.dropout: is not compared; compared: optimizer",
        "x.toml:5: seed: must be greater than or equal to 0, got -1",
        f"x.toml:6: metrik: unknown key 'metrik', did you mean 'metric'? known: {TOP}",
        f"x.toml:9: choices.optimiser: unknown optimiser 'adm', did you mean 'adam'? known: {OPTIMISERS}",
        "x.toml:9: choices.optimiser: optimiser.sgd.lr is a float, got 'x'",
        "x.toml:13: choices.dropout: an empty list leaves nothing to choose from",
        "x.toml:14: choices.initializer: unknown choice 'initializer', did you mean 'initialiser'? "
        "known: dropout, embedding, initialiser, lr_schedule, optimiser, regularisers",
        "x.toml:17: search.trials: must be an integer, got '8'",
        "x.toml:18: search.sampler: unknown sampler 'tpee', did you mean 'tpe'? "
        "known: cmaes, gp, grid, nsgaii, nsgaiii, qmc, random, sobol, tpe, or module:Class",
        "x.toml:22: space.optimiser.sgd.lr: a range needs low and high, got {'low': 2}",
        "x.toml:23: space.dropout.constant.rat: unknown hyperparameter of dropout 'constant': 'rat', "
        "did you mean 'rate'? known: rate",
        "x.toml:24: space.x: write CHOICE.COMPONENT.HYPERPARAMETER, CHOICE being one of "
        "embedding, initialiser, optimiser, lr_schedule, dropout, regularisers",
        "x.toml:27: confirm.seeds: must be greater than or equal to 1, got 0",
        "x.toml: metric: is missing",
    ]


def test_a_string_of_many_lines_does_not_shift_or_fake_a_line(fault):
    text = 'question = """\n[search]\ntrials = 3\n"""\nproblem = "tiny"\nmetric = "dev_loss"\n[search]\ntrials = 0\n'
    assert fault(text) == "x.toml:8: search.trials: must be greater than or equal to 1, got 0"


def test_a_list_of_many_lines_does_not_look_like_a_table(fault):
    text = HEAD + "compare = [\n  [\n  'a'\n  ]\n]\nsead = 3\n"
    assert fault(text).splitlines() == [
        "x.toml:4: compare.0: must be a string, got ['a']",
        f"x.toml:9: sead: unknown key 'sead', did you mean 'seed'? known: {TOP}",
    ]


# Properties

bare = st.text("abcXYZ019_-", min_size=1, max_size=6)
quoted = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=5)
scalars = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.sampled_from(["true", "false", "inf", "2020-01-01", "1e3", "0x1F"]),
    quoted.filter(lambda text: "'" not in text).map(lambda text: f"'{text}'"),
    st.sampled_from(
        ['"a = 1"', '"[x]"', "'#'", r'"\"["', '"""\n[x]\ny = 1\n"""', "'''\nz = 2 '' \n'''", '""', '""""a"""']
    ),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda each: "[\n" + ",\n".join(each) + "\n]"),
        st.lists(inner, max_size=3).map(lambda each: "[ # ]\n" + ", ".join(each) + "]"),
        st.dictionaries(bare, inner.filter(lambda text: "\n" not in text), max_size=2).map(
            lambda table: "{ " + ", ".join(f"{key} = {value}" for key, value in table.items()) + " }"
        ),
    ),
    max_leaves=5,
)


def as_key(part: str, quote: bool) -> str:
    if not quote and part and all(c.isascii() and (c.isalnum() or c in "_-") for c in part):
        return part
    escaped = "".join(f"\\{c}" if c in '"\\' else c for c in part)
    return f'"{escaped}"'


@settings(max_examples=150)
@given(st.data())
def test_locate_finds_the_line_of_every_key(data):
    lines: list[str] = []
    expected: dict[tuple[str, ...], int] = {}
    tables: list[tuple[str, ...]] = [
        (),
        *data.draw(st.lists(st.tuples(bare | quoted, quoted), max_size=3, unique=True)),
    ]
    for table in tables:
        if table:
            lines += data.draw(st.sampled_from([[], [""], ["# [x]", "  # y = 1"]]))
            blank = data.draw(st.sampled_from(["", " ", "\t"]))
            inner = f"{blank}.{blank}".join(as_key(part, data.draw(st.booleans())) for part in table)
            expected[table] = len(lines) + 1
            lines.append(f"{blank}[{blank}{inner}{blank}]{data.draw(st.sampled_from(['', ' # = ]']))}")
        for key in data.draw(st.lists(bare | quoted, max_size=3, unique=True)):
            if (*table, key) in expected or any(each[: len(table) + 1] == (*table, key) for each in tables):
                continue
            value = data.draw(values)
            expected[(*table, key)] = len(lines) + 1
            tail = data.draw(st.sampled_from(["", " # 'x"]))
            lines += (
                f"{as_key(key, data.draw(st.booleans()))}{data.draw(st.sampled_from(['=', ' = ']))}{value}{tail}".split(
                    "\n"
                )
            )
    text = "\n".join(lines) + "\n"
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return  # a table that a key has already defined
    assert locate(text) == expected


junk: Any = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.sampled_from([10**400, -(10**30), 0, 1, 2]), st.floats(),
        st.sampled_from(["adam", "sgd", "tiny", "linear", "constant", "lr", "optimiser", "dev_loss", "grid", "?", ""]),
        st.text(max_size=4), st.dates(),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["name", "search", "lr", "low", "high", "points", "scale", "rate", "x", "seed"]),
        inner, max_size=4,
    ),
    max_leaves=6,
)  # fmt: skip
SECTIONS = {
    "search": ["trials", "sampler", "batch", "objectives", "x"],
    "select": ["trials", "seeds", "x"],
    "confirm": ["seeds", "until_decided", "limit", "x"],
    "model": ["hidden_dim", "bias", "x"],
    "training": ["epochs", "batch_size", "score_always", "x"],
    "choices": ["optimiser", "dropout", "initialiser", "embedding", "problem", "x"],
    "space": ["optimiser.adam.lr", "optimiser.sgd.nesterov", "dropout.constant.rate", "optimiser.adam", "x", ""],
    "baseline": ["optimiser", "optimiser.adam.lr", "x"],
}
raw_studies = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(["compare", "seed", "smallest_difference", "y"], junk),
        "tier": junk | st.sampled_from(["smoke", "strict"]),
        **{key: junk | st.sampled_from(good) for key, good in [
            ("question", ["q"]), ("problem", ["tiny"]), ("metric", ["dev_loss"]),
        ]},
        **{key: junk | st.dictionaries(st.sampled_from(inner), junk, max_size=4) for key, inner in SECTIONS.items()},
        "compare": junk | st.lists(st.sampled_from(["optimiser", "dropout", "optimiser.adam.lr", "x"]), max_size=3),
    },
)  # fmt: skip
overrides = st.lists(
    st.builds(
        "{}={}".format,
        st.sampled_from(
            ["search.trials", "search", "optimiser", "optimiser.adam.lr", "problem.tiny.seed", "problem", "problem.x",
             "compare", "space.x", "space", "baseline.optimiser", "model.bias", "..", "", "choices.optimiser.name"],
        ),
        st.text(max_size=6)
        | st.sampled_from(["adam", "['adam', 'sgd']", "{name='adam'}", "{low=1,high=2}", "1", "[1,2]"]),
    ),
    max_size=3,
)  # fmt: skip


def complaint(call: Callable[[], object]) -> str | None:
    """The message of a HarnessError; any other exception comes through."""
    try:
        call()
    except HarnessError as error:
        return str(error)
    return None


@settings(max_examples=250)
@given(raw=raw_studies, sets=overrides)
def test_no_data_give_a_traceback(registry, raw, sets):
    if isinstance(raw.get("problem"), dict):
        raw["problem"].pop("examples", None)

    def resolve() -> None:
        study, draft = draft_study(raw, sets, source="fuzz")
        make_plan(study, draft, registry).resolved()

    message = complaint(resolve)
    assert message is None or all(message.split("\n"))


@settings(max_examples=150)
@given(text=st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from(
        ["question = ", '"q"', "\n", "[search]", "[[search]]", "trials", " = ", "3", "{", "}", "'", '"""', "[", "]",
         "#", ".", "problem='tiny'\n", "metric='dev_loss'\n", "\\", "é", "\u2028", ","]), max_size=14).map("".join),
))  # fmt: skip
def test_no_text_gives_a_traceback(registry, tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "fuzz.toml"
    path.write_bytes(text.encode(errors="replace"))
    message = complaint(lambda: plan_from_file(path, (), registry))
    assert message is None or all(line.startswith(str(path)) for line in message.split("\n"))
