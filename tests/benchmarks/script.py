"""A study as anyone would write it: Optuna around the textbook's loop, then the best again at fresh seeds.

The problem comes prepared, from the harness's cache: to prepare it is not what is compared.
"""

from __future__ import annotations

import argparse
import json

import optuna
import torch
from textbook import TextbookClassifier, loader_of, loss_and_accuracy, predictor, train_epoch

from harness.problem import Problem
from harness.registry import build_registry

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
    """Search, then confirm; the mean of the confirming runs to stdout."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--problem", default="turkish-web")
    parser.add_argument("--plugin", action="append", default=[])
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--again", type=int, default=8, help="runs of the best trial")
    parser.add_argument("--epochs", type=int, default=1)
    options = parser.parse_args()
    problem = build_registry(options.plugin).component("problem", options.problem).build()

    def objective(trial: optuna.Trial) -> float:
        score, curve = run(problem, trial.suggest_float("lr", 1e-4, 1e-2, log=True), options.epochs, seed=0)
        trial.set_user_attr("curve", curve)
        return score

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(direction="maximize", sampler=optuna.samplers.TPESampler(seed=0))
    study.optimize(objective, n_trials=options.trials)
    scores = [run(problem, study.best_params["lr"], options.epochs, seed=100 + i)[0] for i in range(options.again)]
    print(json.dumps({"runs": options.trials + len(scores), "score": sum(scores) / len(scores)}))


if __name__ == "__main__":
    main()
