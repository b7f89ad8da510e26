#!/usr/bin/env python3
"""Shows on a machine with an NVIDIA GPU that the GPU does the same as the CPU, and how much faster.

Draws samples/clip.mp4 on both and compares, trains for some minutes on both where data is given, measures three
picture sizes on both, and prints one table. Exit code 1 where the drawings differ by more than rounding.
"""

import argparse
import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

PROGRAM = Path("target/release/comicvid")
SIZES = ["1280x720", "1920x1080", "3840x2160"]
# Sums in another order, and TF32 where the GPU has it, differ by a level or two of 255.
LEAST_PSNR = 40.0


def run(*command: object) -> str:
    print("+", *command, file=sys.stderr, flush=True)
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout


def draw(device: str, folder: Path) -> Path:
    out = folder / f"{device.replace(':', '')}.mkv"
    run(PROGRAM, "samples/clip.mp4", out, "--drawing-only", "--encoder", "ffv1", "--device", device, "--quiet")
    return out


def psnr(a: Path, b: Path) -> float:
    command = ["ffmpeg", "-hide_banner", "-i", a, "-i", b, "-lavfi", "psnr", "-f", "null", "-"]
    done = subprocess.run([str(part) for part in command], stderr=subprocess.PIPE, text=True, check=True)
    return float(re.search(r"average:(\S+)", done.stderr)[1])  # "inf" where they are equal


def fps(device: str, size: str) -> dict:
    return json.loads(run(PROGRAM, "bench", "--json", "--size", size, "--device", device).splitlines()[-1])


def steps_a_minute(device: str, minutes: float, data: argparse.Namespace, folder: Path) -> float:
    out = folder / f"{device.replace(':', '')}.safetensors"
    run(PROGRAM, "train", "--photos", data.photos, "--comics", data.comics, "--features", data.features,
        "--out", out, "--minutes", minutes, "--device", device)  # fmt: skip
    last = json.loads(out.with_suffix(".jsonl").read_text().splitlines()[-1])
    print(f"{device}: losses after {last['step']} steps: {last['losses']}", file=sys.stderr)
    return last["step"] / last["minutes"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=10, help="how long to train on each device")
    parser.add_argument("--device", default="cuda:0")
    parser.add_argument("--photos", type=Path, help="folder of photos to train on")
    parser.add_argument("--comics", type=Path, help="folder of comic panels to train on")
    parser.add_argument("--features", type=Path, help="perceptual network, safetensors")
    arguments = parser.parse_args()
    data = [arguments.photos, arguments.comics, arguments.features]
    if any(data) and not all(data):
        parser.error("--photos, --comics and --features go together")

    gpu = run("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines()[0]
    rows: list[tuple[str, str, str]] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        agreement = psnr(draw("cpu", folder), draw(arguments.device, folder))
        rows.append(("drawing of samples/clip.mp4, PSNR", "", f"{agreement:.1f} dB"))
        for size in SIZES:
            cpu, cuda = fps("cpu", size), fps(arguments.device, size)
            rows.append((f"whole program at {size}", f"{cpu['fps']:.1f} fps", f"{cuda['fps']:.1f} fps"))
            for stage, time in cuda["ms_per_frame"].items():
                rows.append((f"  {stage}", f"{cpu['ms_per_frame'][stage]:.1f} ms", f"{time:.1f} ms"))
        if all(data):
            cpu = steps_a_minute("cpu", arguments.minutes, arguments, folder)
            cuda = steps_a_minute(arguments.device, arguments.minutes, arguments, folder)
            rows.append(("training", f"{cpu:.0f} steps/min", f"{cuda:.0f} steps/min"))
        else:
            print("not trained: give --photos, --comics and --features", file=sys.stderr)

    print(f"{'':36} {'CPU':>16} {gpu:>24}")
    for what, cpu_text, cuda_text in rows:
        print(f"{what:36} {cpu_text:>16} {cuda_text:>24}")
    if agreement < LEAST_PSNR:
        print(f"the drawings differ: {agreement:.1f} dB is under {LEAST_PSNR:.0f} dB", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
