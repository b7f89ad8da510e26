#!/usr/bin/env python3
"""Draws a film on a Ray cluster: the plan is made here, each segment is a task, the film is joined here.

    farm/ray_film.py feature.mp4 comic.mkv --style ink --segment 500

Options that are not this script's are those of `comicvid plan`. All machines must see input, output and program under the
same names. Without --address (or RAY_ADDRESS) this machine alone is the cluster. A segment whose worker dies, with its
machine or alone, is drawn again elsewhere; a run that was stopped goes on with what is missing.
"""
import argparse
import ctypes
import json
import signal
import subprocess
import sys
import time

import ray


def end_with_parent():
    """A worker that is killed takes its program along (Linux)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def draw(program, output, index):
    """One segment; answers with what the program says in the end."""
    command = [program, "segment", output, str(index), "--json"]
    run = subprocess.run(command, capture_output=True, text=True, preexec_fn=end_with_parent)
    if run.returncode != 0:
        raise RuntimeError(f"segment {index} failed ({run.returncode}): {run.stderr.strip()}")
    return index, ray.util.get_node_ip_address()


def options(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input")
    parser.add_argument("output")
    parser.add_argument("--program", default="comicvid", help="as it is called on every machine")
    parser.add_argument("--address", help="of the cluster; `auto` for the one that this machine belongs to")
    parser.add_argument("--gpus", type=float, help="for a segment; by default 1 where the cluster has any")
    parser.add_argument("--cpus", type=float, default=1, help="for a segment")
    parser.add_argument("--tries", type=int, default=4, help="for a segment")
    return parser.parse_known_args(arguments)


def main(arguments=None):
    args, rest = options(arguments)
    command = [args.program, "plan", args.input, args.output, "--json", *rest]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as plan:
        # Both take seconds, so they take them together.
        if not ray.is_initialized():
            ray.init(address=args.address, log_to_driver=False, logging_level="warning")
        told = plan.communicate()[0]
    if plan.returncode != 0:
        return plan.returncode
    segments = json.loads(told.splitlines()[-1])["segments"]
    # The longest first, so that the last ones to end are short.
    missing = sorted((s for s in segments if not s["done"]), key=lambda s: -s["frames"])
    frames = {segment["index"]: segment["frames"] for segment in segments}
    gpus = args.gpus if args.gpus is not None else float(ray.cluster_resources().get("GPU", 0) > 0)
    task = ray.remote(draw).options(
        num_gpus=gpus, num_cpus=args.cpus, max_retries=args.tries - 1, retry_exceptions=True
    )
    waiting = [task.remote(args.program, args.output, segment["index"]) for segment in missing]
    drawn, start = 0, time.monotonic()
    while waiting:
        ready, waiting = ray.wait(waiting)
        index, machine = ray.get(ready[0])
        drawn += frames[index]
        pace = drawn / (time.monotonic() - start)
        print(f"segment {index} drawn on {machine}, {len(waiting)} of {len(segments)} to go, {pace:.1f} fps", flush=True)
    return subprocess.run([args.program, "join", args.output]).returncode


if __name__ == "__main__":
    sys.exit(main())
