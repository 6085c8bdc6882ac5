"""Own scheme: the nearest vehicle gets the largest share, compared with the paper's algorithm on the same drops."""

import dataclasses

import numpy as np

import sagin
from sagin.core.statistics import interval

system = sagin.system("dm_mimo_vec")
drops = system.sample(seeds=range(50))
paper = system.solve(drops, "ao").decision

# our idea: shares in inverse proportion to the distance; split and precoders as the paper's
alpha = 1 / drops.distance_m
mine = dataclasses.replace(paper, alpha=alpha / alpha.sum(axis=1, keepdims=True))

cost = {name: system.evaluate(drops, decision).objective for name, decision in (("paper", paper), ("mine", mine))}
difference = interval(100 * (cost["mine"] / cost["paper"] - 1))
print(f"mine costs {difference.mean:.1f} % more [{difference.low:.1f}, {difference.high:.1f}] than the paper's")
assert np.all(cost["mine"] >= system.bound(drops)), "nobody beats the bound"
