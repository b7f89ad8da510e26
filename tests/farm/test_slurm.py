"""The Slurm driver with an `sbatch` that runs at once what it is given: `make test-farm` runs it.

It knows of Slurm what the driver uses: arrays, numbers of jobs, and that a job waits for those it depends on.
"""
import os
import pathlib
import subprocess
import sys
import tempfile
import textwrap
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ.get("COMICVID", str(ROOT / "target/debug/comicvid"))
FAST = ["--set", "generator.weights=none", "--device", "cpu", "--encoder", "ffv1", "--segment", "10"]

SBATCH = """\
#!{python}
import argparse, os, pathlib, subprocess, sys
parser = argparse.ArgumentParser()
for flag in ("--parsable", "--requeue"):
    parser.add_argument(flag, action="store_true")
for option in ("--job-name", "--array", "--wrap", "--dependency", "--kill-on-invalid-dep", "--gres"):
    parser.add_argument(option)
args = parser.parse_args()
folder = pathlib.Path(__file__).parent
jobs = [path for path in folder.iterdir() if path.suffix == ".job"]
number = len(jobs) + 1
if args.dependency:
    kind, on = args.dependency.split(":")
    assert kind == "afterok" and args.kill_on_invalid_dep == "yes"
    if (folder / f"{{on}}.job").read_text() != "0":
        (folder / f"{{number}}.job").write_text("cancelled")
        sys.exit(print(number))
tasks = args.array.split(",") if args.array else [None]
running = []
for task in tasks:
    more = {{"SLURM_ARRAY_TASK_ID": task}} if task else {{}}
    running.append(subprocess.Popen(["sh", "-c", args.wrap], env=os.environ | more, stdout=sys.stderr))
(folder / f"{{number}}.job").write_text(str(max(job.wait() for job in running)))
print(number)
"""

# Dies where it is told to, as if its machine did.
WRAPPER = """\
#!/bin/sh
if [ "$1" = segment ] && [ "$3" = 1 ] && [ "$(ls {folder} | grep -c died)" -lt {deaths} ]; then
    touch "{folder}/died$$"
    kill -9 $$
fi
exec {program} "$@"
"""


class SlurmFilm(unittest.TestCase):
    def setUp(self):
        self.kept = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self.kept.name)
        shots = ["testsrc", "mandelbrot", "testsrc2"]
        inputs = [word for shot in shots for word in ("-f", "lavfi", "-t", "0.8", "-i", f"{shot}=size=160x96:rate=25")]
        graph = "".join(f"[{i}:v]format=yuv420p,setsar=1[v{i}];" for i in range(3)) + "[v0][v1][v2]concat=n=3"
        self.film, self.comic = self.folder / "film.mp4", self.folder / "comic.mkv"
        subprocess.run(["ffmpeg", "-v", "error", *inputs, "-filter_complex", graph, self.film], check=True)

    def tearDown(self):
        self.kept.cleanup()

    def tool(self, name, text):
        (self.folder / name).write_text(textwrap.dedent(text))
        (self.folder / name).chmod(0o755)
        return self.folder / name

    def run_farm(self, deaths):
        self.tool("sbatch", SBATCH.format(python=sys.executable))
        program = self.tool("comicvid", WRAPPER.format(folder=self.folder, deaths=deaths, program=PROGRAM))
        path = f"{self.folder}:{os.environ['PATH']}"
        command = [ROOT / "farm/slurm_film.sh", self.film, self.comic, *FAST]
        environment = os.environ | {"PATH": path, "COMICVID": str(program), "SEGMENT_OPTIONS": "--gres=gpu:1"}
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

    def frames(self, path):
        command = ["ffmpeg", "-v", "error", "-i", path, "-f", "framemd5", "-"]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def test_the_film_is_that_of_one_machine_though_a_task_dies(self):
        told = self.run_farm(deaths=2)
        self.assertIn("draws segments 0,1,2", told)
        whole = self.folder / "whole.mkv"
        subprocess.run([PROGRAM, self.film, whole, "--resume", *FAST, "--quiet"], check=True)
        self.assertEqual(self.frames(self.comic), self.frames(whole))

    def test_what_failed_too_often_is_drawn_by_the_same_command_later(self):
        self.run_farm(deaths=3)
        self.assertFalse(self.comic.exists(), "a segment is missing")
        told = self.run_farm(deaths=3)
        self.assertIn("draws segments 1;", told)
        self.assertTrue(self.comic.exists())


if __name__ == "__main__":
    unittest.main()
