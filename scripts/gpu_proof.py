#!/usr/bin/env python3
"""Shows on a machine with an NVIDIA GPU that the GPU does the same as the CPU, and how much faster.

Draws samples/clip.mp4 on both and compares, measures three picture sizes on both, trains for some minutes on both where
data is given, and prints one table, of the CPU's numbers and the GPU's:

* drawing, PSNR: how alike the two devices draw, over all samples of the film together and in its worst frame; then in
  other styles than the default, and in that of a picture, for the clip's first seconds. "inf" is equal to the bit.
* whole program: frames a second through all stages, decoder to encoder, and what each stage takes of a frame; then
  the GPU's with fewer and more lines drawn (the first is with --detail standard).
* training: steps a minute. The time goes by the clock, so the two get differently far.

What fails says so in its row, and the rest goes on. Exit code 1 where anything failed, or where drawings differ by more
than rounding (a single frame may).

Needs the program and the standard library alone, so it also runs where nothing can be built: --program names an
unpacked archive's.
"""

import argparse
import json
import math
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

CLIP = "samples/clip.mp4"
SIZES = "1280x720,1920x1080,3840x2160"
# Beside the default style; of a picture last.
STYLES = [("style ink", "--style", "ink"), ("style watercolor", "--style", "watercolor"),
          ("the style of a picture", "--style-image", "samples/after.jpg")]  # fmt: skip
STYLE_SECONDS = 2
# Beside the default, standard.
DETAILS = ["draft", "fine"]
# Sums in another order, and TF32 where the GPU has it, differ by a level or two of 255.
LEAST_PSNR = 40.0


class Failure(Exception):
    """Something could not be measured: why."""


def run(*command: object) -> str:
    """What the command writes to standard output; standard error goes on to ours."""
    print("+", *command, file=sys.stderr, flush=True)
    reason = ""
    with tempfile.TemporaryFile("w+") as out:
        words = [str(part) for part in command]
        with subprocess.Popen(words, stdout=out, stderr=subprocess.PIPE, text=True, errors="replace") as process:
            for line in process.stderr:
                print(line, end="", file=sys.stderr, flush=True)
                # Its last error, or its last words; not the hint after an error.
                if line.strip() and (line.startswith("error") or not reason.startswith("error")):
                    reason = line.strip()
        if process.returncode != 0:
            raise Failure(reason or f"exit code {process.returncode}")
        out.seek(0)
        return out.read()


def draw(program: Path, device: str, out: Path, *options: object) -> Path:
    run(program, CLIP, out, "--drawing-only", "--device", device, "--quiet", *options)
    return out


def frames(file: Path) -> Iterator[bytes]:
    """The samples of each frame of a Y4M file: 8 bits, 4:2:0."""
    with file.open("rb") as film:
        header = film.readline().decode()
        form = re.match(r"YUV4MPEG2 W(\d+) H(\d+) .*C420(jpeg|mpeg2|paldv)?\s", header)
        if not form:
            raise Failure(f"not Y4M of 8 bits and 4:2:0: {header.strip()}")
        width, height = int(form[1]), int(form[2])
        size = width * height + 2 * ((width + 1) // 2) * ((height + 1) // 2)
        while film.readline():  # FRAME
            yield film.read(size)


def psnr(error: float, samples: int) -> float:
    return 10 * math.log10(255**2 * samples / error) if error else math.inf


def agreement(program: Path, device: str, *options: object) -> tuple[float, float]:
    """PSNR between the CPU's drawing and the device's: of the film, and of its worst frame."""
    with tempfile.TemporaryDirectory() as folder:
        cpu = draw(program, "cpu", Path(folder, "cpu.y4m"), *options)
        gpu = draw(program, device, Path(folder, "gpu.y4m"), *options)
        error, samples, worst = 0.0, 0, math.inf
        for a, b in zip(frames(cpu), frames(gpu), strict=True):
            # The fastest way to a sum of squares in the standard library, and exact enough.
            of_frame = 0.0 if a == b else math.dist(a, b) ** 2
            error, samples, worst = error + of_frame, samples + len(a), min(worst, psnr(of_frame, len(a)))
    if not samples:
        raise Failure("no frames were drawn")
    return psnr(error, samples), worst


def bench(program: Path, device: str, size: str, *options: object) -> dict:
    """Whole frames a second, and milliseconds by stage."""
    return json.loads(run(program, "bench", "--json", "--size", size, "--device", device, *options).splitlines()[-1])


def steps_a_minute(program: Path, device: str, minutes: float, data: list[Path]) -> float:
    photos, comics, features = data
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "trained.safetensors")
        run(program, "train", "--photos", photos, "--comics", comics, "--features", features,
            "--out", out, "--minutes", minutes, "--device", device)  # fmt: skip
        log = out.with_suffix(".jsonl").read_text().splitlines()
    if not log:
        raise Failure(f"too few steps in {minutes:g} minutes")
    last = json.loads(log[-1])
    print(f"{device}: losses after {last['step']} steps: {last['losses']}", file=sys.stderr)
    return last["step"] / last["minutes"]


def attempt(measure: Callable, *arguments: object) -> object:
    """What it measures, or the Failure."""
    try:
        return measure(*arguments)
    except Failure as failure:
        return failure
    except (OSError, ValueError, LookupError) as error:
        return Failure(f"{type(error).__name__}: {error}")


class Table:
    """Rows of what was measured, on the CPU and on the GPU."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str, str]] = []
        self.failed = False

    def add(self, what: str, cpu: object, gpu: object, show: Callable[..., str]) -> None:
        """A row of two results of `attempt`; None leaves a place empty."""
        self.rows.append((what, self.cell(cpu, show), self.cell(gpu, show)))
        print(*self.rows[-1], sep=" | ", file=sys.stderr, flush=True)

    def cell(self, value: object, show: Callable[..., str]) -> str:
        if isinstance(value, Failure):
            self.failed = True
            return f"failed: {str(value).removeprefix('error: ')}"
        return "" if value is None else show(value)

    def print(self, gpu: str) -> None:
        for what, cpu_text, gpu_text in [("", "CPU", gpu), *self.rows]:
            print(f"{what:36} {cpu_text:>16} {gpu_text:>24}")


def add_drawings(table: Table, program: Path, device: str) -> list[float]:
    """Rows of how alike drawings are; gives the PSNRs."""
    found = []
    whole = attempt(agreement, program, device)
    table.add(f"drawing of {CLIP}, PSNR", None, whole, lambda both: f"{both[0]:.1f} dB")
    if not isinstance(whole, Failure):
        table.add("  worst frame", None, whole[1], lambda decibels: f"{decibels:.1f} dB")
        found.append(whole[0])
    for name, *options in STYLES:
        style = attempt(agreement, program, device, *options, "--length", STYLE_SECONDS)
        table.add(f"  in {name}", None, style, lambda both: f"{both[0]:.1f} dB")
        if not isinstance(style, Failure):
            found.append(style[0])
    return found


def add_speeds(table: Table, program: Path, device: str, size: str) -> None:
    both = [attempt(bench, program, on, size) for on in ("cpu", device)]
    table.add(f"whole program at {size}", *both, lambda result: f"{result['fps']:.1f} fps")
    done = [result for result in both if not isinstance(result, Failure)]
    for stage in done[-1]["ms_per_frame"] if done else []:
        times = [None if isinstance(result, Failure) else result["ms_per_frame"][stage] for result in both]
        table.add(f"  {stage}", *times, lambda time: f"{time:.1f} ms")
    for detail in DETAILS:
        gpu = attempt(bench, program, device, size, "--detail", detail)
        table.add(f"  all, with --detail {detail}", None, gpu, lambda result: f"{result['fps']:.1f} fps")


def gpu_name(device: str) -> str:
    try:
        return run("nvidia-smi", "--query-gpu=name", "--format=csv,noheader").splitlines()[0]
    except (Failure, OSError, IndexError) as error:
        if device == "cpu":
            return "no NVIDIA GPU"
        sys.exit(f"no NVIDIA GPU is found: {error}")


def sizes(text: str) -> list[str]:
    parts = text.split(",")
    if not all(re.fullmatch(r"\d+x\d+", part) for part in parts):
        raise argparse.ArgumentTypeError(f"{text} is not WIDTHxHEIGHT,WIDTHxHEIGHT,…")
    return parts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=Path, default=Path("target/release/comicvid"), help="what to measure")
    parser.add_argument("--device", default="cuda:0", help="the GPU; cpu compares the CPU with itself")
    parser.add_argument("--sizes", type=sizes, default=SIZES, help=f"picture sizes to measure ({SIZES})")
    parser.add_argument("--minutes", type=float, default=10, help="how long to train on each device")
    parser.add_argument("--cpu-minutes", type=float, help="how long on the CPU, if not as long as on the GPU")
    parser.add_argument("--photos", type=Path, help="folder of photos to train on")
    parser.add_argument("--comics", type=Path, help="folder of comic panels to train on")
    parser.add_argument("--features", type=Path, help="perceptual network, safetensors")
    arguments = parser.parse_args()
    data = [arguments.photos, arguments.comics, arguments.features]
    if any(data) and not all(data):
        parser.error("--photos, --comics and --features go together")
    program, device = arguments.program, arguments.device
    cpu_minutes = arguments.minutes if arguments.cpu_minutes is None else arguments.cpu_minutes

    gpu = gpu_name(device)
    table = Table()
    alike = add_drawings(table, program, device)
    for size in arguments.sizes:
        add_speeds(table, program, device, size)
    if all(data):
        both = [("cpu", cpu_minutes), (device, arguments.minutes)]
        trained = [attempt(steps_a_minute, program, on, minutes, data) for on, minutes in both]
        table.add("training", *trained, lambda steps: f"{steps:.0f} steps/min")
    else:
        print("not trained: give --photos, --comics and --features", file=sys.stderr)

    table.print(gpu)
    least = min(alike, default=math.inf)
    if least < LEAST_PSNR:
        print(f"the drawings differ: {least:.1f} dB is under {LEAST_PSNR:.0f} dB", file=sys.stderr)
    return 1 if table.failed or least < LEAST_PSNR else 0


if __name__ == "__main__":
    sys.exit(main())
