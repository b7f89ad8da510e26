"""What dividing a film costs: four segments by Ray with two workers, and the same film in one go, on the same cores.

    tests/farm/bench_ray.py [ROUNDS]      # `make bench-farm`

They take turns; medians and their ratio are told. The network draws, as for a user.
"""
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import ray

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "farm"))
import ray_film  # noqa: E402

ray.cloudpickle.register_pickle_by_value(ray_film)

PROGRAM = os.environ.get("COMICVID", str(ROOT / "target/release/comicvid"))
FRAMES = 150
HOW = ["--detail", "draft", "--device", "cpu", "--segment", str(FRAMES - 10)]


def make_film(path):
    """Four shots that need about the same work."""
    clip = str(ROOT / "samples/clip.mp4")
    turns = ["null", "hflip,negate", "vflip", "hflip,vflip,hue=h=120"]
    shots = "".join(f"[{i}:v]scale=640:360,{turn},fps=25,trim=end_frame={FRAMES},setsar=1[v{i}];" for i, turn in enumerate(turns))
    graph = shots + "".join(f"[v{i}]" for i in range(4)) + "concat=n=4[v]"
    inputs = ["-stream_loop", "50", "-i", clip] * 4
    encoder = ["-map", "[v]", "-c:v", "libx264", "-preset", "fast"]
    subprocess.run(["ffmpeg", "-v", "error", *inputs, "-filter_complex", graph, *encoder, path], check=True)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    ray.init(num_cpus=2, log_to_driver=False, logging_level="warning")
    with tempfile.TemporaryDirectory() as folder:
        film = os.path.join(folder, "film.mp4")
        make_film(film)
        times = {"in one go": [], "by two workers": []}
        for turn in range(rounds):
            out = os.path.join(folder, f"{turn}.mkv")
            start = time.monotonic()
            subprocess.run([PROGRAM, film, out, *HOW, "--resume", "--quiet"], check=True)
            times["in one go"].append(time.monotonic() - start)
            start = time.monotonic()
            joined = os.path.join(folder, f"{turn}-joined.mkv")
            if ray_film.main([film, joined, "--program", PROGRAM, *HOW]) != 0:
                sys.exit("the farm failed")
            times["by two workers"].append(time.monotonic() - start)
        medians = {name: statistics.median(taken) for name, taken in times.items()}
        for name, taken in times.items():
            print(f"{name:>15}: {medians[name]:6.1f} s  ({', '.join(f'{t:.1f}' for t in taken)})")
        print(f"{'ratio':>15}: {medians['by two workers'] / medians['in one go']:6.2f}")


if __name__ == "__main__":
    main()
