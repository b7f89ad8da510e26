"""Inside the virtual machine of run.sh, as its only program: `comicvid` with a real camera driver and a real loopback.

Nothing here says how fast anything is: the processor is emulated.
"""
import json
import os
import pathlib
import queue
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = str(ROOT / "target/debug/comicvid")
WIDTH, HEIGHT = 320, 180
# Longer than anything takes here: a program that hangs must not hang the test.
PATIENCE = 300


def run(*command):
    """What a program says; it must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


class Live:
    """A running `comicvid live`, ended with the block."""

    def __init__(self, *arguments):
        fixed = ["live", "--no-window", "--json", "--size", f"{WIDTH}x{HEIGHT}", "--detail", "draft"]
        drawn = ["--device", "cpu", "--set", "generator.weights=none"]
        self.child = subprocess.Popen([PROGRAM, *fixed, *drawn, *arguments], stdout=subprocess.PIPE, text=True)
        self.events = queue.Queue()
        self.last = None
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.child.stdout:
            self.events.put(json.loads(line))
        self.events.put(None)

    def event(self, what, wanted):
        """The next event for which `wanted` holds."""
        end = time.monotonic() + PATIENCE
        while True:
            try:
                event = self.events.get(timeout=max(end - time.monotonic(), 0.1))
            except queue.Empty:
                raise AssertionError(f"waited in vain for {what}; last came {self.last}") from None
            assert event is not None, f"the program ended without {what}; last came {self.last}"
            self.last = event
            if wanted(event):
                return event

    def status(self, what, wanted):
        return self.event(what, lambda event: event["event"] == "status" and wanted(event))

    def note(self, part):
        return self.event(part, lambda event: part in event.get("message", ""))["message"]

    def finish(self):
        """Ends it as Ctrl-C does."""
        self.child.send_signal(signal.SIGINT)
        done = self.event("the end", lambda event: event["event"] == "done")
        assert self.child.wait(PATIENCE) == 0
        return done

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.child.kill()
        self.child.wait()


def coloured(picture):
    """Whether a YUYV picture is the driver's colour bars, drawn: cards are grey."""
    assert len(picture) == WIDTH * HEIGHT * 2, len(picture)
    chroma = picture[1::2]
    return sum(abs(value - 128) > 30 for value in chroma) > len(chroma) // 5


def without_the_module():
    """without v4l2loopback the command that loads it is told, and works"""
    with Live("--camera", "test", "--virtual-camera", "v4l2") as live:
        message = live.note("v4l2loopback is not loaded")
        assert live.child.wait(PATIENCE) == 1
    command = shlex.split(re.search(r"`(sudo modprobe [^`]*)`", message)[1])
    assert not os.path.exists("/dev/video9")
    run(*command[1:])
    assert os.path.exists("/dev/video9")
    assert "Comicvid" in run("v4l2-ctl", "-d", "/dev/video9", "--info")


def devices():
    """`comicvid devices` lists the camera with the modes that v4l2-ctl sees"""
    run("modprobe", "vivid", "n_devs=1", "node_types=0x1", "num_inputs=1", "input_types=0x0")
    listed = json.loads(run(PROGRAM, "devices", "--json"))
    [camera] = [camera for camera in listed["cameras"] if camera["name"] == "vivid"]
    sizes = run("v4l2-ctl", "-d", camera["path"], "--list-framesizes", "YUYV")
    sizes = {tuple(map(int, size)) for size in re.findall(r"Discrete (\d+)x(\d+)", sizes)}
    ours = {(mode["width"], mode["height"]) for mode in camera["modes"] if mode["coding"] == "YUYV"}
    assert sizes and ours == sizes, f"{ours} and not {sizes}"
    assert any(mode["rate"] == "30/1" for mode in camera["modes"]), camera["modes"]
    [loopback] = [target for target in listed["virtual_cameras"] if target["name"] == "/dev/video9"]
    assert loopback["ready"], loopback
    return camera["path"]


def camera(path):
    """frames are captured and drawn; a camera that fails or is disconnected is found again"""
    with Live("--camera", "vivid") as live:
        status = live.status("a drawing", lambda status: status["drawn"] >= 3)
        assert status["camera"]["state"] == "running", status
        assert status["camera"]["mode"].startswith(f"{WIDTH}x{HEIGHT} "), status
        for control, reason in [("disconnect", "unplugged"), ("inject_fatal_streaming_error", "reports a failure")]:
            run("v4l2-ctl", "-d", path, "-c", f"{control}=1")
            live.note(reason)
            live.note("vivid: ")
            before = live.status("the camera", lambda status: status["camera"]["state"] == "running")
            live.status("new drawings", lambda status: status["drawn"] >= before["drawn"] + 3)
        assert live.finish()["captured"] >= status["captured"] + 6


def virtual_camera():
    """what is drawn arrives at readers of the loopback device, whole and in its colours"""
    with Live("--camera", "vivid", "--virtual-camera", "/dev/video9") as live:
        live.status("pictures", lambda status: status["outputs"] and status["outputs"][0]["delivered"] >= 2)
        format = run("v4l2-ctl", "-d", "/dev/video9", "--get-fmt-video")
        assert re.search(rf"{WIDTH}/{HEIGHT}\b", format) and "YUYV" in format, format
        raw = "/run/pictures.yuyv"
        run("v4l2-ctl", "-d", "/dev/video9", "--stream-mmap", "--stream-count=4", f"--stream-to={raw}")
        pictures = pathlib.Path(raw).read_bytes()
        size = WIDTH * HEIGHT * 2
        assert len(pictures) == 4 * size, len(pictures)
        assert coloured(pictures[-size:])
        read = ["-v", "error", "-f", "v4l2", "-i", "/dev/video9", "-frames:v", "3", "-fps_mode", "passthrough"]
        run("ffmpeg", *read, "-f", "rawvideo", "-y", raw)
        pictures = pathlib.Path(raw).read_bytes()
        assert len(pictures) == 3 * size, len(pictures)
        assert coloured(pictures[-size:])
        [output] = live.finish()["outputs"]
        assert output["failure"] is None and output["delivered"] >= 5, output


def main():
    def step(work, *arguments):
        start = time.monotonic()
        print(f"  {work.__doc__} ...", flush=True)
        answer = work(*arguments)
        print(f"  ... ok, {time.monotonic() - start:.0f} s", flush=True)
        return answer

    step(without_the_module)
    path = step(devices)
    step(camera, path)
    step(virtual_camera)


if __name__ == "__main__":
    try:
        console = os.open("/dev/ttyS0", os.O_RDWR)
        for number in (0, 1, 2):
            os.dup2(console, number)
        main()
        pathlib.Path("/dev/ttyS1").write_text("passed\n")
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    # There is nobody to return to.
    pathlib.Path("/proc/sysrq-trigger").write_text("o")
    time.sleep(60)
