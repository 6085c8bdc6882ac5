"""A study on the jobs of a batch system: dask-jobqueue starts workers, this process alone writes the results.

Run it on a login node: python jobqueue.py. Killed, it goes on with the same command.
"""

from dask_jobqueue import SLURMCluster
from distributed import Client

from sagin import Study, sweep

if __name__ == "__main__":
    study = Study(
        "dm_mimo_vec", axes={"n_vehicles": [2, 4, 6, 8]}, schemes=["ao", "rsu_only"], seeds=range(1000), bound=True
    )
    with SLURMCluster(cores=8, processes=8, memory="16GB", walltime="02:00:00") as cluster, Client(cluster) as client:
        cluster.adapt(minimum_jobs=4, maximum_jobs=4)
        result = sweep(study, "results/jobqueue", client=client)
    for row in result.summary:
        print(row)
