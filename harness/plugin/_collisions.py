"""Two of one name: two plugins, or two things that plugins register. Each function makes the error that says so."""

from __future__ import annotations

from harness.errors import PluginError
from harness.plugin.kinds import Kind


def two_components(kind: Kind, name: str, first: str, second: str) -> PluginError:
    """Two plugins, or one of them twice, register a component of that name; ``first`` and ``second``: their names."""
    return PluginError(f"{kind} {name!r} is registered twice: by plugin {first!r} and by plugin {second!r}")


def two_families(kind: Kind, name: str, first: str, second: str) -> PluginError:
    """Two plugins, or one of them twice, register a family of that name."""
    return PluginError(f"{kind} family {name!r} is registered twice: by plugin {first!r} and by plugin {second!r}")


def two_defaults(kind: Kind, first: tuple[str, str], second: tuple[str, str]) -> PluginError:
    """Two components of a kind want to be its default; of each the name and the plugin's name."""
    (one, plugin), (other, other_plugin) = first, second
    return PluginError(
        f"two defaults of kind {kind}: {one!r} of plugin {plugin!r} and {other!r} of plugin {other_plugin!r}"
    )


def two_entry_points(name: str, first: str, second: str) -> PluginError:
    """Two installed distributions call their plugin the same; ``first`` and ``second``: the modules."""
    return PluginError(f"two installed plugins are called {name!r}: {first} and {second}")


def one_plugin_twice(name: str, again: str = "") -> PluginError:
    """A plugin is loaded twice; ``again``: its name the second time, where that is another."""
    return PluginError(f"plugin {name!r} is given twice" + (f", the second time as {again!r}" if again else ""))
