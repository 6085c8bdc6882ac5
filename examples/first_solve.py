"""First solve: the paper's algorithm and ours on the same twenty drops, with the certified gap of each."""

import sagin

system = sagin.system("dm_mimo_vec")
scenario = system.scenario(n_vehicles=4, n_saps=8)
drops = system.sample(scenario, seeds=range(20))
bound = system.bound(drops)

for scheme in ("ao", "improved"):
    solution = system.solve(drops, scheme)
    metrics = system.evaluate(drops, solution.decision)
    gap = system.gap(metrics.objective, bound)
    print(f"{scheme:9} objective {metrics.objective.mean():.4f}, at most {100 * gap.max():.3f} % above the optimum")

print("delay of the vehicles of drop 0 [s]:", metrics.t_total_s[0].round(3))
