"""The data directory: its layout version, its lock, its free space and the secrets that are made once."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import re
import secrets
import shutil
from io import FileIO
from pathlib import Path

from apps.platform.privatefile import write_private
from workers.supervisor.errors import StackError

LAYOUT = 1
_SIGNATURE = f"trace {LAYOUT}"
_DIRECTORIES = ("keys", "logs", "run")
# What a first start that was killed at once can leave without a version.
_BEGUN = frozenset({"lock", ".writable"})


class DataDir:
    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self._lock: FileIO | None = None

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def open(self, *, min_free_mb: int) -> None:
        """Create or check it, and lock it for this supervisor. Raises StackError; changes nothing it does not own."""
        self._find()
        self._refuse_foreign()
        self._take_over()
        self._acquire()
        self._sign()
        self._check_space(min_free_mb)
        for name in _DIRECTORIES:
            (self.path / name).mkdir(mode=0o700, exist_ok=True)

    def claim(self) -> None:
        """Lock one that is there, for a reset: nothing is written, so a full disk is no hindrance."""
        self._refuse_foreign()
        self._acquire()

    def close(self) -> None:
        if self._lock:
            # The file stays, so that two never lock two files of one name; whose it was is over.
            self._lock.truncate(0)
            self._lock.close()
            self._lock = None

    def passwords(self, names: tuple[str, ...]) -> dict[str, str]:
        """A random secret per name, made at first use and kept."""
        file = self.path / "secrets.json"
        known = self._read_secrets(file)
        cluster = self.path / "postgres"
        if not known and (cluster.exists() or cluster.is_symlink()):
            # New ones would not open what the old ones closed.
            raise StackError(
                f"{file} is missing, and with it the passwords of the databases in {cluster}.",
                remedy="Restore it from a backup; `make reset` starts anew, without the data.",
            )
        missing = {name: secrets.token_urlsafe(24) for name in names if name not in known}
        if missing:
            known |= missing
            write_private(file, json.dumps(known, indent=2))
        return {name: known[name] for name in names}

    def _read_secrets(self, file: Path) -> dict[str, str]:
        if not file.exists():
            return {}
        try:
            known = json.loads(file.read_text())
        except (ValueError, UnicodeDecodeError):
            known = None
        if not isinstance(known, dict) or not all(isinstance(value, str) for value in known.values()):
            raise StackError(
                f"{file} is damaged: it is not the JSON that Trace wrote there.",
                remedy="Restore it from a backup: the databases cannot be opened without it. `make reset` starts anew, without the data.",
            )
        return known

    def _find(self) -> None:
        """Made if it is not there, and not touched if it is: whose it is comes first."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except FileExistsError:
            raise StackError(
                f"{self.path} is not a directory.", remedy="Set TRACE_DATA_DIR to an empty or new directory."
            ) from None
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def _take_over(self) -> None:
        try:
            # Others may pass through but not look: as root, Postgres runs as `nobody` below here.
            self.path.chmod(0o711)
            probe = self.path / ".writable"
            probe.write_text("x")
            probe.unlink()
        except OSError as error:
            raise _cannot_write(self.path, error) from error

    def _refuse_foreign(self) -> None:
        """A directory of something else, given by mistake, must not be filled with our files, let alone forgotten by a reset."""
        if not (self.path / "version").is_file():
            if not {entry.name for entry in self.path.iterdir()} <= _BEGUN:
                raise self._foreign()
            return
        if (layout := self._layout()) > LAYOUT:
            raise StackError(
                f"{self.path} was written by a newer Trace (layout {layout}; this one knows {LAYOUT}).",
                remedy="Update this checkout, or set TRACE_DATA_DIR to another directory.",
            )

    def _layout(self) -> int:
        """By what the file says: many programs keep a file of that name."""
        text = (self.path / "version").read_text(errors="replace").strip()
        if found := re.fullmatch(r"trace (\d+)", text):
            return int(found[1])
        if not (self.path / "secrets.json").exists() and not (self.path / "keys").is_dir():
            raise self._foreign()
        if re.fullmatch(r"\d+", text):  # of before it said whose it is
            return int(text)
        raise StackError(
            f"{self.path / 'version'} is damaged: it should say `{_SIGNATURE}`.",
            remedy=f"If this is Trace's data, write `{_SIGNATURE}` into it; if not, set TRACE_DATA_DIR to a new directory.",
        )

    def _foreign(self) -> StackError:
        return StackError(
            f"{self.path} holds files that are not Trace's.", remedy="Set TRACE_DATA_DIR to an empty or new directory."
        )

    def _acquire(self) -> None:
        self._lock = (self.path / "lock").open("ab+", buffering=0)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            self._lock.seek(0)
            holder = self._lock.read().decode(errors="replace").strip() or "unknown"
            self._lock.close()
            self._lock = None
            raise StackError(
                f"Trace is already running on {self.path} (process {holder}).",
                remedy="Use that one, stop it with Ctrl-C, or start another with its own TRACE_DATA_DIR.",
            ) from None
        self._lock.truncate(0)
        with contextlib.suppress(OSError):  # a courtesy to whoever comes second; a full disk must not refuse a reset
            self._lock.write(str(os.getpid()).encode())

    def _sign(self) -> None:
        file = self.path / "version"
        if not file.exists():
            write_private(file, f"{_SIGNATURE}\n")

    def _check_space(self, min_free_mb: int) -> None:
        free_mb = shutil.disk_usage(self.path).free // 1_000_000
        if free_mb < min_free_mb:
            raise StackError(
                f"Only {free_mb} MB are free for {self.path}; Trace wants {min_free_mb} MB to start.",
                remedy="Free some space, or lower TRACE_MIN_FREE_DISK_MB at your own risk.",
            )


def _cannot_write(path: Path, error: OSError) -> StackError:
    if error.errno == errno.ENOSPC:
        return StackError(f"The disk that holds {path} is full.", remedy="Free some space and start again.")
    return StackError(
        f"{path} cannot be written: {error.strerror}.", remedy="Make it writable, or set TRACE_DATA_DIR to a directory that is."
    )
