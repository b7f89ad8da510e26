#!/usr/bin/env bash
# Draws a film on a Slurm cluster: the plan is made here, each segment is a task of an array, the film is joined when all
# are done.
#
#   farm/slurm_film.sh feature.mp4 comic.mkv --style ink --segment 500
#
# Options are those of `comicvid plan`. All machines must see input, output and program under the same names. In the
# environment: COMICVID, the program; SEGMENT_OPTIONS, what a task needs (by default `--gres=gpu:1`; "" for none). A task
# whose machine dies is put back by Slurm, one that fails is tried three times; the same command goes on with what is missing.
set -euo pipefail

program=${COMICVID:-comicvid}
read -r -a needs <<<"${SEGMENT_OPTIONS---gres=gpu:1}"
[ $# -ge 2 ] || { sed -n '2,/^set /s/^# \{0,1\}//p' "$0"; exit 2; }
input=$1 output=$2
shift 2

missing=$("$program" plan "$input" "$output" --json "$@" | tail -n 1 |
    python3 -c 'import json, sys; print(",".join(str(s["index"]) for s in json.load(sys.stdin)["segments"] if not s["done"]))')
after=()
if [ -n "$missing" ]; then
    # shellcheck disable=SC2016  # the task's own number
    task=$(printf 'for try in 1 2 3; do %q segment %q "$SLURM_ARRAY_TASK_ID" && exit; done; exit 1' "$program" "$output")
    array=$(sbatch --parsable --requeue --job-name=comicvid --array="$missing" "${needs[@]}" --wrap "$task")
    after=(--dependency="afterok:$array" --kill-on-invalid-dep=yes)
fi
joined=$(sbatch --parsable --job-name=comicvid-join "${after[@]}" --wrap "$(printf '%q join %q' "$program" "$output")")
echo "${array:+job $array draws segments $missing; }job $joined joins them"
