"""The errors for names that are taken twice, by two plugins or by two things that plugins register."""

from __future__ import annotations

from harness.errors import PluginError
from harness.plugin.kinds import Kind


def two_components(kind: Kind, name: str, first: str, second: str) -> PluginError:
    """Two plugins, or one plugin twice, register a component of that name. ``first``, ``second``: the plugins."""
    return PluginError(f"{kind} {name!r} is registered twice: by plugin {first!r} and by plugin {second!r}")


def two_families(kind: Kind, name: str, first: str, second: str) -> PluginError:
    """Two plugins, or one plugin twice, register a family of that name. ``first``, ``second``: the plugins."""
    return PluginError(f"{kind} family {name!r} is registered twice: by plugin {first!r} and by plugin {second!r}")


def two_defaults(kind: Kind, first: tuple[str, str], second: tuple[str, str]) -> PluginError:
    """Two components want to be the default of a kind. ``first``, ``second``: (component's name, plugin's name)."""
    (first_name, first_plugin), (second_name, second_plugin) = first, second
    return PluginError(
        f"two defaults of kind {kind}: {first_name!r} of plugin {first_plugin!r} and "
        f"{second_name!r} of plugin {second_plugin!r}"
    )


def two_executors(name: str, first: str, second: str) -> PluginError:
    """Two plugins register an executor of that name. ``first``, ``second``: the plugins."""
    return PluginError(f"executor {name!r} is registered twice: by {first} and by plugin {second!r}")


def two_entry_points(name: str, first: str, second: str) -> PluginError:
    """Two installed distributions give their plugins the same name. ``first``, ``second``: the plugins' modules."""
    return PluginError(f"two installed plugins are called {name!r}: {first} and {second}")


def one_plugin_twice(name: str, again: str = "") -> PluginError:
    """A plugin is loaded twice. ``again``: the name that it is loaded under the second time; '' for the same name."""
    return PluginError(f"plugin {name!r} is given twice" + (f", the second time as {again!r}" if again else ""))
