#!/usr/bin/env bash
# Draws the pictures again that show what the styles look like, with the program as it is built: the cards in models/, the
# window's thumbnails, and those of the front page in samples/. Run by `make cards`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

program=target/release/comicvid
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# jpeg FILTER OUT INPUT...: the inputs, one after the other, through a filter into one picture.
jpeg() {
    local filter=$1 out=$2 inputs=() input
    shift 2
    for input in "$@"; do inputs+=(-i "$input"); done
    ffmpeg -v error -y "${inputs[@]}" -filter_complex "$filter" -frames:v 1 -q:v 2 -bitexact "$out"
}

for style in comic ink pop noir manga watercolor pencil action; do
    for still in 1 2; do
        "$program" "samples/still-$still.jpg" "$work/$style-$still.png" --style "$style" 2>/dev/null
    done
    jpeg 'crop=ih*4/3:ih,scale=192:144:flags=lanczos' "src/window/thumbnails/$style.jpg" "$work/$style-1.png"
    [ "$style" = action ] || jpeg 'scale=480:270:flags=lanczos' "models/$style.jpg" "$work/$style-1.png"
done

# In the order of the front page.
sheet=()
for style in comic ink pop noir manga watercolor pencil action; do sheet+=("$work/$style-2.png"); done
jpeg 'concat=n=8,scale=300:170:flags=lanczos,tile=4x2:padding=2:margin=2:color=white' samples/styles.jpg "${sheet[@]}"

# Frame 165 of the clip, as samples/before.jpg, in motion.
"$program" samples/clip.mp4 "$work/clip.mkv" --start 5 --length 0.6 --encoder ffv1 2>/dev/null
jpeg 'select=eq(n\,15),scale=640:360:flags=lanczos' samples/after.jpg "$work/clip.mkv"
