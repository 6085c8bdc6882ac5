import numpy as np

import sagin
from sagin.core import records
from sagin.core.keeping import keep_better

SYSTEM = sagin.system("dm_mimo_vec")


def test_the_better_feasible_row_is_kept() -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(n_vehicles=2, n_saps=2), [0, 1, 2])
    cheap, dear = (SYSTEM.solve(drops, name, threads=1).decision for name in ("improved", "equal_identity"))
    costs = [SYSTEM.evaluate(drops, decision).objective for decision in (cheap, dear)]
    assert (costs[0] < costs[1]).all()
    for pair in ((cheap, dear), (dear, cheap)):
        decision, kept = keep_better(drops, *pair, SYSTEM.evaluate, "min")
        assert kept.all() == (pair[0] is cheap)
        np.testing.assert_array_equal(SYSTEM.evaluate(drops, decision).objective, costs[0])
    late = drops.replace(t_max_s=1e-3)
    assert not records.feasible(SYSTEM.evaluate(late, cheap)).any()
    assert not keep_better(late, cheap, dear, SYSTEM.evaluate, "min")[1].any(), "nothing feasible: the later one stays"


def test_of_equals_the_later_is_kept() -> None:
    drops = SYSTEM.sample(SYSTEM.scenario(n_vehicles=2, n_saps=2), [0])
    decision = SYSTEM.solve(drops, "rsu_only", threads=1).decision
    assert not keep_better(drops, decision, decision, SYSTEM.evaluate, "max")[1].any()
