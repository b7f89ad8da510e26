#!/usr/bin/env python3
"""Gets libtorch from the Python package index: scripts/libtorch.py FOLDER [--cuda].

Leaves FOLDER/torch (libraries and headers) and FOLDER/nvidia (the CUDA libraries it links), nothing of Python.
pip does the download, with whatever index and proxy the user has configured; an interrupted run is repaired by the
next, because FOLDER/torch appears last and complete.
"""

import argparse
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

TORCH = "torch==2.11.0"
# What libtorch_cpu.so of that wheel links, even where no GPU is used.
CPU_NEEDS = ["nvidia-cuda-cupti==13.0.85", "nvidia-cuda-runtime==13.0.96"]
# Any one of the CPython versions that the wheel is made for: the libraries are the same in all.
PYTHON = "3.12"

HEADERS = re.compile(r"torch/(include/|version\.py$)")
LIBRARIES = re.compile(r"(torch/lib/lib|nvidia/.*/lib/)[^/]*\.so[.0-9]*$")
LICENCES = re.compile(r"[^/]*\.dist-info/(licenses/|LICENSE|License|NOTICE)")
PYTHON_ONLY = re.compile(r"lib(torch_python|shm)\.so$")
GPU_ONLY = re.compile(r"lib(torch_cuda\w*|torch_nvshmem|c10_cuda|caffe2_nvrtc|nvperf_\w+|checkpoint|pcsamplingutil)\.so$")


def wanted(name: str, cuda: bool) -> bool:
    if LIBRARIES.match(name):
        return not PYTHON_ONLY.search(name) and (cuda or not GPU_ONLY.search(name))
    return bool(HEADERS.match(name) or LICENCES.match(name))


def download(requirements: list[str], folder: Path, *, dependencies: bool) -> None:
    machine = subprocess.run(["uname", "-m"], capture_output=True, text=True, check=True).stdout.strip()
    command = [sys.executable, "-m", "pip", "download", "--no-cache-dir", "--only-binary=:all:"]
    command += [] if sys.stdout.isatty() else ["--quiet"]
    command += ["--implementation=cp", f"--python-version={PYTHON}", f"--dest={folder}"]
    command += [f"--abi=cp{PYTHON.replace('.', '')}", "--abi=none"]
    command += [f"--platform=manylinux_2_{minor}_{machine}" for minor in range(28, 16, -1)]
    command += [f"--platform=manylinux2014_{machine}"]
    command += [] if dependencies else ["--no-deps"]
    subprocess.run(command + requirements, check=True)


def gpu_requirements(torch_wheel: Path) -> list[str]:
    """The NVIDIA packages that the wheel asks for."""
    with zipfile.ZipFile(torch_wheel) as wheel:
        metadata = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        lines = wheel.read(metadata).decode().splitlines()
    needs = [line.removeprefix("Requires-Dist:").split(";")[0].strip() for line in lines if "Requires-Dist:" in line]
    return [need for need in needs if need.startswith(("nvidia-", "cuda-toolkit"))]


def unpack(wheel_path: Path, folder: Path, cuda: bool) -> None:
    with zipfile.ZipFile(wheel_path) as wheel:
        names = [name for name in wheel.namelist() if wanted(name, cuda) and not name.endswith("/")]
        for name in names:
            wheel.extract(name, folder)  # checks each file's CRC


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--cuda", action="store_true", help="with everything an NVIDIA GPU needs")
    arguments = parser.parse_args()
    folder, wheels, fresh = arguments.folder, arguments.folder / "download", arguments.folder / "unpacked"

    wheels.mkdir(parents=True, exist_ok=True)
    try:
        download([TORCH] + ([] if arguments.cuda else CPU_NEEDS), wheels, dependencies=False)
        if arguments.cuda:
            download(gpu_requirements(next(wheels.glob("torch-*.whl"))), wheels, dependencies=True)
    except subprocess.CalledProcessError as error:
        print(f"pip could not download libtorch (exit code {error.returncode}), see above", file=sys.stderr)
        return 1

    shutil.rmtree(fresh, ignore_errors=True)
    for wheel in sorted(wheels.glob("*.whl")):
        unpack(wheel, fresh, arguments.cuda)
    licences = fresh / "torch" / "licences"
    licences.mkdir()
    for info in fresh.glob("*.dist-info"):
        info.rename(licences / info.name.removesuffix(".dist-info"))
    for part in ("nvidia", "torch"):
        shutil.rmtree(folder / part, ignore_errors=True)
        (fresh / part).rename(folder / part)
    shutil.rmtree(fresh)
    shutil.rmtree(wheels)
    return 0


if __name__ == "__main__":
    sys.exit(main())
