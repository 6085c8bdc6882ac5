"""Own scheme: the nearest vehicle gets the largest share, compared with the paper's algorithm on the same drops."""

import dataclasses

import sagin
from sagin import Parameters, interval
from sagin.systems.dm_mimo_vec.model import Decision, Drops

system = sagin.system("dm_mimo_vec")


@sagin.scheme("dm_mimo_vec", name="nearest", summary="shares in inverse proportion to the distance")
def nearest(drops: Drops, options: Parameters) -> Decision:
    """Split and precoders as the paper's; only the shares are ours."""
    paper = system.solve(drops, "ao", threads=1).decision
    alpha = 1 / drops.distance_m
    return dataclasses.replace(paper, alpha=alpha / alpha.sum(axis=1, keepdims=True))


drops = system.sample(seeds=range(50))
run = sagin.run(system, drops, ["ao", nearest])
cost = {name: outcome.metrics.objective for name, outcome in run.schemes.items()}
difference = interval(100 * (cost["nearest"] / cost["ao"] - 1))
print(f"nearest costs {difference.mean:.1f} % more [{difference.low:.1f}, {difference.high:.1f}] than the paper's")
assert (cost["nearest"] >= system.bound(drops)).all(), "nobody beats the bound"
