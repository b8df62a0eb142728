"""Why a model says what it says of an image: heat maps over its pixels, and the feature maps behind them."""

from search.winner.explain.features import feature_maps
from search.winner.explain.heat import HEAT_METHODS, explain

__all__ = ["HEAT_METHODS", "explain", "feature_maps"]
