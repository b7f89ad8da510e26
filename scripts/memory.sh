#!/usr/bin/env bash
# Draws a film that is as long as the clock says (a clip in a loop, 640x360, draft) and tells how the program's memory grows:
# resident MB after a minute and at the end, and the slope between, by least squares.
#
#   scripts/memory.sh target/release/comicvid 10     # minutes
set -euo pipefail
program=$1 minutes=${2:-10}
folder=$(mktemp -d)
run=
trap '[ -z "$run" ] || kill "$run" 2>/dev/null || true; rm -rf "$folder"' EXIT
ffmpeg -v error -i "$(dirname "$0")/../samples/clip.mp4" -vf scale=640:360 -c:v libx264 -preset ultrafast -c:a aac "$folder/clip.mp4"
# Two hours at least: it never ends by itself.
ffmpeg -v error -stream_loop 2000 -i "$folder/clip.mp4" -c copy -t 7200 "$folder/film.mp4"
"$program" "$folder/film.mp4" "$folder/comic.mkv" --detail draft --quiet &
run=$!
for ((second = 10; second <= minutes * 60; second += 10)); do
    sleep 10
    kill -0 "$run" || { echo "the program ended early" >&2; exit 1; }
    awk -v at="$second" '/^VmRSS/ { print at, $2 / 1024 }' "/proc/$run/status" >>"$folder/resident"
done
kill -INT "$run"
wait "$run" || true
frames=$(ffprobe -v error -select_streams v -count_packets -show_entries stream=nb_read_packets -of csv=p=0 "$folder/comic.mkv")
awk -v frames="$frames" '
    $1 == 60 { minute = $2 }
    $1 >= 60 { n++; x += $1; y += $2; xx += $1 * $1; xy += $1 * $2; last = $2 }
    END {
        slope = n > 1 ? (n * xy - x * y) / (n * xx - x * x) * 3600 : 0
        printf "%d frames; %.0f MB after a minute, %.0f MB at the end (%+.1f %%), %+.1f MB an hour\n", frames, minute, last, (last / minute - 1) * 100, slope
    }' "$folder/resident"
