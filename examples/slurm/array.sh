#!/bin/bash
# A study as a job array: no process coordinates it. Submit with:  sbatch --array=0-31 array.sh study.yaml
#SBATCH --job-name=sagin
#SBATCH --cpus-per-task=4
#SBATCH --mem=4G
#SBATCH --time=01:00:00
#SBATCH --requeue
set -eu

# Every task computes its share into one folder; the last one to finish writes the tables. A task that was killed, by
# the time limit or with its node, is submitted again and goes on where it stopped:  sbatch --array=0-31 array.sh study.yaml
# Without a folder that all nodes see, give each task its own (--out "results/part-$SLURM_ARRAY_TASK_ID") and put them
# together afterwards:  sagin merge results/part-* --out results/study
sagin sweep "$1" --part array --threads "${SLURM_CPUS_PER_TASK:-1}"
