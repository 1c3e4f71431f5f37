"""Tables of made-up runs in the shapes that trackers write them: MLflow, W&B and Optuna."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

SCORES: Mapping[str, Sequence[float | None]] = {
    "sgd": (0.81, 0.80, 0.83, 0.82, 0.79, 0.81, 0.80),
    "adam": (0.86, 0.84, 0.88, 0.87, 0.84, None, 0.85),
}
"""Arm → the accuracy at seeds 0 to 6; None: the run failed."""


def runs() -> list[tuple[str, int, float | None]]:
    """(arm, seed, accuracy) of every run, the newest first, as MLflow and W&B list them."""
    return [(arm, seed, score) for arm, scores in SCORES.items() for seed, score in enumerate(scores)][::-1]


def mlflow_search_runs() -> str:
    """What ``mlflow.search_runs().to_csv(index=False)`` and ``mlflow experiments csv`` write.

    A run that failed keeps the last value that it logged, and infinity is the largest number that there is.
    """
    lines = [
        "run_id,experiment_id,status,artifact_uri,start_time,end_time,metrics.val_acc,metrics.lr,metrics.worst,"
        "params.lr,params.optimizer,params.seed,tags.mlflow.user,tags.mlflow.runName,tags.mlflow.source.type"
    ]
    for number, (arm, seed, score) in enumerate(runs()):
        status, value = ("FAILED", 0.3) if score is None else ("FINISHED", score)
        worst = "1.7976931348623157e+308" if seed == 2 else "1.5"
        lines.append(
            f"{number:032x},1,{status},mlruns/1/{number:032x}/artifacts,2026-01-02 03:04:{number:02d}.705+00:00,"
            f"2026-01-02 03:05:{number:02d}.733+00:00,{value},0.0005,{worst},0.001,{arm},{seed},user,"
            f"calm-koi-{number},LOCAL"
        )
    return "\n".join([*lines, ""])


def mlflow_page() -> str:
    """What the page of an MLflow experiment downloads: bare names."""
    lines = ["Start Time,Duration,Run ID,Name,Source Type,Source Name,User,Status,optimizer,seed,val_acc"]
    for number, (arm, seed, score) in enumerate(runs()):
        status, value = ("KILLED", "") if score is None else ("FINISHED", score)
        lines.append(
            f"2026-01-02 03:04:{number:02d},1.2s,{number:032x},calm-koi-{number},LOCAL,train.py,user,{status},"
            f"{arm},{seed},{value}"
        )
    return "\n".join([*lines, ""])


def wandb_page() -> str:
    """What the page of a W&B project exports: every value in quotes; a run that failed has what it logged."""
    names = ["Name", "Agent", "State", "Notes", "User", "Tags", "Created", "Runtime", "Sweep", "lr", "optimizer",
             "seed", "epoch", "val/acc", "val_loss"]  # fmt: skip
    lines = [names]
    for number, (arm, seed, score) in enumerate(runs()):
        state, value = ("crashed", "0.31") if score is None else ("finished", str(score))
        about = [f"jolly-haze-{number}", "", state, "-", "user", "", f"2026-01-02T03:04:{number:02d}.000Z", "9910", ""]
        lines.append([*about, "0.001", arm, str(seed), "10", value, "NaN"])
    about = ["late-moon-99", "", "running", "-", "user", "", "2026-01-02T04:00:00.000Z", "12", ""]
    lines.append([*about, "0.001", "adam", "7", "1", "0.12", "2.3"])
    return "".join(",".join(f'"{value}"' for value in line) + "\n" for line in lines)


def wandb_script() -> str:
    """What the script of W&B's documentation writes: dictionaries ``summary`` and ``config``, behind pandas' index."""
    lines = [",summary,config,name"]
    for number, (arm, seed, score) in enumerate(runs()):
        value = "nan" if score is None else score
        summary = f"{{'_step': 99, '_wandb': {{'runtime': 12}}, 'val': {{'acc': {value}}}, 'note': \"it's\"}}"
        config = f"{{'optimizer': '{arm}', 'seed': {seed}, 'nesterov': False, 'layers': [64, 32]}}"
        quoted = ['"' + text.replace('"', '""') + '"' for text in (summary, config)]
        lines.append(f"{number},{','.join(quoted)},jolly-haze-{number}")
    return "\n".join([*lines, ""])


def optuna_trials() -> str:
    """What ``study.trials_dataframe().to_csv(index=False)`` writes; a pruned trial has its last intermediate value."""
    lines = [
        "number,value,datetime_start,datetime_complete,duration,params_optimizer,params_seed,user_attrs_epoch,"
        "user_attrs_val_acc,state"
    ]
    for number, (arm, seed, score) in enumerate(runs()):
        state, value = ("PRUNED", 0.7) if score is None else ("COMPLETE", score)
        lines.append(
            f"{number},{value},2026-01-02 03:04:{number:02d}.259105,2026-01-02 03:05:{number:02d}.275009,"
            f"0 days 00:00:01.015904,{arm},{seed},3,{score or ''},{state}"
        )
    return "\n".join([*lines, ""])
