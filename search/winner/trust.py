"""A bundle may name Python files that its model needs: they are run only for who says that he trusts it."""

from __future__ import annotations

from pathlib import Path

from search.plan.plugins import load_plugins
from search.plan.trial_config import TrialConfig
from search.winner.bundle import BundleError


def load_trusted(config: TrialConfig, place: Path, *, plugins: bool) -> None:
    """Load the plugins of a configuration that may be somebody else's.

    Args:
        config: of the model.
        place: where it stands, for the message.
        plugins: whether they may be run.

    Raises:
        BundleError: it has some, and they may not.
        PlanError: one cannot be loaded.
    """
    refuse_untrusted(config, place, plugins=plugins)
    load_plugins(config.plugins)


def refuse_untrusted(config: TrialConfig, place: Path, *, plugins: bool) -> None:
    """Refuse a configuration with plugins that may not be run; the arguments are those of `load_trusted`.

    Raises:
        BundleError: it has some, and they may not.
    """
    if config.plugins and not plugins:
        named = ", ".join(map(str, config.plugins))
        raise BundleError(
            f"{place}: this model needs {named}, which is run as a program when it is loaded: where you trust it, say "
            "`plugins=True`, or --plugins on the command line"
        )
