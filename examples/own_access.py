"""An access scheme of one's own: time division in which nobody may use more than a tenth of the time.

Regulators limit the duty cycle in many bands without a licence. The region of shares is {sum <= 1, each <= 0.1}. Named
in a declaration as `access: examples/own_access.py:duty_cycle`, every scheme and the certified bound work with it.
"""

import numpy as np

import sagin
from sagin.core.records import Floats
from sagin.systems.network import Access, Region

LIMIT = 0.1


def load(share: Floats, snr: Floats) -> float:
    """By how much the region must grow to hold these shares."""
    return max(np.sum(share), np.max(share) / LIMIT)


def support(price: Floats, snr: Floats, point: Floats) -> float:
    """Most that shares are worth at these prices: the dearest first, each up to its limit."""
    point[:] = 0.0
    left, worth = 1.0, 0.0
    for user in np.argsort(-price):
        point[user] = min(LIMIT, left)
        left -= point[user]
        worth += price[user] * point[user]
    return float(worth)


duty_cycle = Access(Region(load, support))

if __name__ == "__main__":
    system = sagin.system("network")
    drops = system.sample(system.scenario().replace(**{"links.v2i.access": f"{__file__}:duty_cycle"}), seeds=range(4))
    for scheme in ("alternate", "improved"):
        print(scheme, system.evaluate(drops, system.solve(drops, scheme).decision).objective.mean())
    print("bound", system.bound(drops).mean())
