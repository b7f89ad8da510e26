"""The Ray driver on a cluster of one machine with GPUs that are not there: `make test-farm` runs it."""
import os
import pathlib
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import ray
from ray.cluster_utils import Cluster

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "farm"))
import ray_film  # noqa: E402

# Tasks go to processes that cannot import it by name.
ray.cloudpickle.register_pickle_by_value(ray_film)

PROGRAM = os.environ.get("COMICVID", str(ROOT / "target/debug/comicvid"))
FAST = ["--set", "generator.weights=none", "--device", "cpu", "--encoder", "ffv1"]
SHOTS = ["testsrc", "mandelbrot", "testsrc2", "smptebars", "rgbtestsrc"]


def make_film(path):
    inputs = [word for shot in SHOTS for word in ("-f", "lavfi", "-t", "0.8", "-i", f"{shot}=size=160x96:rate=25")]
    pads = "".join(f"[{i}:v]format=yuv420p,setsar=1[v{i}];" for i in range(len(SHOTS)))
    whole = pads + "".join(f"[v{i}]" for i in range(len(SHOTS))) + f"concat=n={len(SHOTS)}[v]"
    sound = ["-f", "lavfi", "-t", "4", "-i", "sine"]
    ends = ["-map", "[v]", "-map", f"{len(SHOTS)}:a", "-c:v", "libx264", "-c:a", "aac"]
    subprocess.run(["ffmpeg", "-v", "error", *inputs, *sound, "-filter_complex", whole, *ends, path], check=True)


def hashes(path):
    """Time and picture of every frame, every packet of sound."""
    command = ["ffmpeg", "-v", "error", "-i", path, "-map", "0", "-c:a", "copy", "-fps_mode", "passthrough"]
    command += ["-f", "framemd5", "-"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [line for line in lines if not line.startswith("#")]


class RayFilm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp()
        cls.film = os.path.join(cls.folder, "film.mp4")
        cls.whole = os.path.join(cls.folder, "whole.mkv")
        make_film(cls.film)
        subprocess.run([PROGRAM, cls.film, cls.whole, *FAST, "--quiet"], check=True)
        cls.expected = hashes(cls.whole)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def tearDown(self):
        ray.shutdown()

    def draw(self, name, program=PROGRAM):
        output = os.path.join(self.folder, name)
        arguments = [self.film, output, "--program", program, "--segment", "5", *FAST]
        self.assertEqual(ray_film.main(arguments), 0)
        self.assertEqual(hashes(output), self.expected)
        self.assertFalse(os.path.exists(output + ".part"))

    def wrapper(self, name, lines):
        """The program, with shell lines before it."""
        path = pathlib.Path(self.folder, name)
        path.write_text(f"#!/bin/sh\n{lines}\nexec '{PROGRAM}' \"$@\"\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        return str(path)

    def test_the_film_is_that_of_a_serial_run(self):
        self.assertGreaterEqual(len(self.expected), 100)
        ray.init(num_cpus=2, num_gpus=2, log_to_driver=False, logging_level="error")
        self.draw("joined.mkv")

    def test_segments_of_killed_workers_and_failed_programs_are_drawn_again(self):
        ray.init(num_cpus=2, num_gpus=2, log_to_driver=False, logging_level="error")
        # `mkdir` succeeds once: then segment 1 takes its worker along, and segment 3 fails.
        once = f"mkdir '{self.folder}/once-'$3 2>/dev/null"
        lines = f'case "$1 $3" in "segment 1") {once} && kill -9 $PPID ;; "segment 3") {once} && exit 7 ;; esac'
        self.draw("tormented.mkv", self.wrapper("tormented", lines))
        self.assertTrue(all(os.path.isdir(f"{self.folder}/once-{index}") for index in (1, 3)))

    def test_a_machine_that_dies_is_done_without(self):
        cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "num_gpus": 1})
        try:
            other = cluster.add_node(num_cpus=1, num_gpus=1)
            cluster.wait_for_nodes()
            ray.init(address=cluster.address, log_to_driver=False, logging_level="error")
            gone = pathlib.Path(self.folder, "gone")
            # The first segment on each machine waits until one of them is gone.
            program = self.wrapper("slow", f"[ $1 != segment ] || while [ ! -e '{gone}' ]; do sleep 0.1; done")

            def remove():
                time.sleep(5)
                cluster.remove_node(other, allow_graceful=False)
                gone.touch()

            thread = threading.Thread(target=remove)
            thread.start()
            self.draw("survived.mkv", program)
            thread.join()
        finally:
            ray.shutdown()
            cluster.shutdown()


if __name__ == "__main__":
    signal.alarm(600)
    unittest.main(verbosity=2)
