#!/usr/bin/env bash
# A sweep in N parts, each of which could be another machine with the same directory:
#   shards.sh N OUT SCENARIO SWEEP-OPTIONS...
# Whoever is last has the whole table; the last line makes it in any case, because nothing is left to be computed then.
set -euo pipefail

parts=$1 out=$2
shift 2
memspike=${MEMSPIKE:-memspike}

for ((part = 1; part <= parts; part++)); do
  "$memspike" sweep "$@" --out "$out" --shard "$part/$parts" --jobs 1 --quiet >"$out-$part.log" 2>&1 &
done
# A part in which a point has failed ends with 1; the call below says which, and tries it again.
wait
exec "$memspike" sweep "$@" --out "$out"
