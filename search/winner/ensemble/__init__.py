"""Several completed trials as one model: which ones, with which shares, what that gains and costs."""
