"""The ways to explain, for a command line and a page: their names, and what they show; no torch."""

from __future__ import annotations

from types import MappingProxyType

METHODS = MappingProxyType(
    {
        "gradcam": "where the model looks, 0 to 1 (Selvaraju et al. 2017)",
        "integrated_gradients": "pixels for and against (Sundararajan et al. 2017)",
        "occlusion": "loss where a part is covered (Zeiler, Fergus 2014)",
        "features": "the strongest channels of the last feature map",
    }
)
"""By name: what it shows."""
