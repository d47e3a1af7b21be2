"""Where Postgres may live. As root it must run as `nobody`, who cannot enter a clone below a 0700 home."""

from __future__ import annotations

import hashlib
import os
import pwd
import secrets
import shutil
from contextlib import suppress
from pathlib import Path

from workers.supervisor.errors import StackError
from workers.supervisor.program import Account

# Only used as root, and only when the data directory or the wheel cannot be reached by `nobody`.
SHELTER = Path("/var/lib/trace")
_SOURCE = "source"


def postgres_account() -> Account | None:
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable_by_others(path: Path) -> bool:
    """Every directory on the way lets everybody pass."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def install_dir(wheel: Path, *, shelter: Path = SHELTER) -> Path:
    """The wheel's own directory, or a copy where `nobody` can read it."""
    if os.geteuid() != 0 or reachable_by_others(wheel / "bin"):
        return wheel
    # Named by path and age, so that a reinstalled wheel is copied anew.
    version = hashlib.sha256(f"{wheel}:{(wheel / 'bin' / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = shelter / f"postgres-{version}"
    if not copy.exists():
        partial = _shelter_dir(f"{copy.name}.{os.getpid()}", mode=0o755, shelter=shelter)
        package = wheel.parent
        # The binaries look for their libraries beside the package, so both go, in the same places.
        for directory in (package, package.with_name(f"{package.name}.libs")):
            if directory.exists():
                shutil.copytree(directory, partial / directory.name, symlinks=True)
        (partial / _SOURCE).write_text(str(wheel))
        put_in_place(partial, copy)
        _forget_older_copies(copy, of=wheel, shelter=shelter)
    return copy / wheel.parent.name / wheel.name


def put_in_place(partial: Path, copy: Path) -> None:
    try:
        partial.replace(copy)
    except OSError:
        # Two first starts copy the same; the second finds it done.
        if not copy.exists():
            raise
        shutil.rmtree(partial, ignore_errors=True)


def _forget_older_copies(copy: Path, *, of: Path, shelter: Path) -> None:
    """Of the same wheel before it was installed anew: nothing can start from them any more."""
    for other in shelter.glob(f"postgres-*/{_SOURCE}"):
        with suppress(FileNotFoundError):  # put in place meanwhile, by another first start
            if other.parent != copy and other.read_text() == str(of):
                shutil.rmtree(other.parent, ignore_errors=True)


def cluster_dir(data_dir: Path, *, shelter: Path = SHELTER) -> Path:
    """`<data dir>/postgres`; where `nobody` cannot reach that, a link there to a directory in the shelter."""
    inside = data_dir / "postgres"
    if inside.is_symlink():
        if not inside.resolve().parent.exists():
            raise StackError(
                f"The databases of {data_dir} are gone: {inside.resolve()} does not exist any more.",
                remedy="Bring that directory back; or `make reset` and start anew, without the data.",
            )
        return inside.resolve()
    if os.geteuid() != 0 or inside.exists() or reachable_by_others(inside):
        return inside
    # Known by the link alone: a new data directory at an old place must not find the databases of the one before.
    outside = _shelter_dir(f"data-{secrets.token_hex(8)}", mode=0o711, shelter=shelter)
    inside.symlink_to(outside / "postgres")
    return outside / "postgres"


def forget_cluster(data_dir: Path, *, shelter: Path = SHELTER) -> None:
    """For a reset: what the link points to goes as well."""
    inside = data_dir / "postgres"
    if inside.is_symlink() and inside.resolve().is_relative_to(shelter):
        shutil.rmtree(inside.resolve().parent, ignore_errors=True)


def _shelter_dir(name: str, *, mode: int, shelter: Path) -> Path:
    """Modes are set, not asked for: the supervisor's umask would take away what `nobody` needs."""
    shelter.mkdir(parents=True, exist_ok=True)
    shelter.chmod(0o755)
    directory = shelter / name
    directory.mkdir(exist_ok=True)
    directory.chmod(mode)
    return directory
