"""Install a file of hashed requirements: ``python install.py FILE``, with the target's Python.

pip asks its index for one package after the other, which is most of the time a fresh
environment takes. Here several pips download side by side and one installs; every file is
checked against its hash twice, and nothing is resolved.
"""

import subprocess
import sys
import tempfile
from importlib import metadata
from pathlib import Path

DOWNLOADS = 6
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
CHECKED = ["--no-deps", "--require-hashes"]


def requirements(file: Path) -> list[str]:
    """Entries of the file, each with its continuation lines."""
    out: list[str] = []
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.startswith((" ", "\t")):
            out[-1] += "\n" + line
        elif line and not line.startswith("#"):
            out.append(line)
    return out


def installed(entry: str) -> bool:
    """Whether the environment has this very version already."""
    name, _, version = entry.split()[0].partition("==")
    try:
        return metadata.version(name) == version
    except metadata.PackageNotFoundError:
        return False


def download(entries: list[str], directory: Path) -> None:
    """Fetch all files, in as many processes as there are shares."""
    processes = []
    for share in range(min(DOWNLOADS, len(entries))):
        file = directory / f"share-{share}.txt"
        file.write_text("\n".join(entries[share::DOWNLOADS]) + "\n", encoding="utf-8")
        command = [*PIP, "download", *CHECKED, "--dest", str(directory), "-r", str(file)]
        processes.append(subprocess.Popen(command))  # noqa: S603 (pip, arguments made here)
    codes = [process.wait() for process in processes]
    if any(codes):
        raise SystemExit("a download failed; what pip said about it is above")


def main() -> None:
    """Download, then install."""
    entries = requirements(Path(sys.argv[1]))
    missing = [entry for entry in entries if not installed(entry)]
    if not missing:
        return
    with tempfile.TemporaryDirectory() as scratch:
        download(missing, Path(scratch))
        file = Path(scratch) / "missing.txt"
        file.write_text("\n".join(missing) + "\n", encoding="utf-8")
        local = ["--no-index", "--find-links", scratch]
        command = [*PIP, "install", "--no-compile", *CHECKED, *local, "-r", str(file)]
        done = subprocess.run(command, check=False)  # noqa: S603 (pip, arguments made here)
    raise SystemExit(done.returncode)


if __name__ == "__main__":
    main()
