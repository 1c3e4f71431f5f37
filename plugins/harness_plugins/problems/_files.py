"""Data files: found on the disk or in an installed package."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from harness import DataError

PACKAGE = "package:"
"""What a path begins with that names a file of an installed package: ``package:sklearn/datasets/data/iris.csv``."""
_DISTRIBUTIONS = {"sklearn": "scikit-learn"}


def located(path: str) -> Path:
    """The file that a path names; its package is looked for, never imported. DataError where there is none."""
    if not path.startswith(PACKAGE):
        return Path(path)
    name, _, inside = path.removeprefix(PACKAGE).partition("/")
    if not name.isidentifier() or not inside:
        raise DataError(f"{path}:1: needs the name of a package and a file in it, {PACKAGE}NAME/folder/file.csv")
    try:
        spec = importlib.util.find_spec(name)
    except ValueError:  # a module that nothing was found for, such as __main__
        spec = None
    if spec is None or not spec.submodule_search_locations:
        install = _DISTRIBUTIONS.get(name, name)
        raise DataError(f"{path}:1: the package {name} is not installed: pip install {install}")
    places = [Path(folder, inside) for folder in spec.submodule_search_locations]
    return next((place for place in places if place.exists()), places[0])
