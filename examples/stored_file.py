"""Stored file: save a run, read it back, make a pandas table of it, and look at it with xarray."""

import pandas as pd
import xarray as xr

import sagin

system = sagin.system("dm_mimo_vec")
run = sagin.run(system, system.sample(seeds=range(10)), ["ao", "rsu_only"])
sagin.save("run.nc", run, force=True)  # as does: sagin solve dm_mimo_vec --scheme ao --scheme rsu_only --out run.nc

again = sagin.load("run.nc")
print("objective of drop 0 by ao:", again.schemes["ao"].metrics.objective[0])

table = pd.DataFrame(sagin.to_table(again))
print(table.pivot_table(values=["delay_total_s", "energy_total_j"], index="scheme").round(3))

with xr.open_datatree("run.nc", engine="h5netcdf") as tree:
    shares = tree["schemes/ao/decision/alpha"]
    print("band shares:", shares.dims, shares.attrs["long_name"])
