#!/usr/bin/env bash
# A sweep as a job array, with the table as a job that waits for it:
#   sbatch slurm.sh
#   sbatch --dependency=afterany:JOBID slurm.sh collect
# A part that is stopped by its time limit has left checkpoints: the same sbatch goes on.
#SBATCH --job-name=sweep
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
#SBATCH --time=04:00:00
#SBATCH --signal=B:TERM@120
#SBATCH --requeue
set -euo pipefail

memspike=${MEMSPIKE:-memspike}
sweep=("$memspike" sweep "${SCENARIO:-digits}" --vary "population.output.tau_m=5 ms..20 ms/4" --repeat 8
  --out "${OUT:-tau}")

if [[ ${1:-} == collect ]]; then
  # Once, whatever the array is.
  [[ ${SLURM_ARRAY_TASK_ID:-1} == 1 ]] || exit 0
  exec "${sweep[@]}"
fi
# exec: the signal of Slurm reaches memspike, which writes a checkpoint and ends.
exec "${sweep[@]}" --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --quiet
