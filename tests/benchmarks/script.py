"""A study as anyone would write it: Optuna around the textbook's loop, then some again at fresh seeds.

The problem comes prepared, from the harness's cache: to prepare it is not what is compared.
"""

from __future__ import annotations

import argparse
import json

import optuna
import torch
from textbook import TextbookClassifier, loader_of, loss_and_accuracy, predictor, train_epoch

from harness.plugin.problem import Problem
from harness.plugin.registry import build_registry

BATCH, PROBE = 1024, 4096


def run(problem: Problem, lr: float, epochs: int, seed: int) -> tuple[float, list[dict[str, float]]]:
    """Train one model, measured after every epoch; its score on dev, and the curve."""
    torch.manual_seed(seed)
    model = TextbookClassifier(len(problem.vocabulary), problem.num_features, problem.num_classes)
    adam = torch.optim.Adam(model.parameters(), lr=lr)
    loader = loader_of(problem.train.tokens, problem.train.labels, BATCH)
    predict = predictor(model, BATCH)
    probe = problem.train.sample(PROBE)
    curve = []
    for _ in range(epochs):
        loss = train_epoch(model, adam, loader)
        train_loss, train_accuracy = loss_and_accuracy(predict, probe.tokens, probe.labels)
        dev_loss, dev_accuracy = loss_and_accuracy(predict, problem.dev.tokens, problem.dev.labels)
        curve.append(
            {
                "batch_loss": loss, "train_loss": train_loss, "train_accuracy": train_accuracy,
                "dev_loss": dev_loss, "dev_accuracy": dev_accuracy,
            }
        )  # fmt: skip
    [score] = problem.score(predict, "dev").values()
    return score, curve


def main() -> None:
    """Search, then run again; the mean of the further runs to stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problem", default="turkish-web")
    parser.add_argument("--plugin", action="append", default=[])
    parser.add_argument("--trials", type=float, nargs="+", required=True, metavar="LR", help="what the search tries")
    parser.add_argument("--again", type=float, nargs="+", required=True, metavar="LR", help="what is run after it")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument(
        "--threads", type=int, default=torch.get_num_threads(), help="of torch; default: its own choice"
    )
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    problem = build_registry(options.plugin).component("problem", options.problem).build()

    def objective(trial: optuna.Trial) -> float:
        score, curve = run(problem, trial.suggest_float("lr", 1e-4, 1e-2, log=True), options.epochs, seed=0)
        trial.set_user_attr("curve", curve)
        return score

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize")
    for lr in options.trials:  # given, so that it does the trials of the study that it is compared with
        study.enqueue_trial({"lr": lr})
    study.optimize(objective, n_trials=len(options.trials))
    scores = [run(problem, lr, options.epochs, seed=100 + i)[0] for i, lr in enumerate(options.again)]
    print(json.dumps({"tried": [trial.params["lr"] for trial in study.trials], "score": sum(scores) / len(scores)}))


if __name__ == "__main__":
    main()
