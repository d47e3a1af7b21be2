"""Where Postgres may live. As root it must run as `nobody`, who cannot enter a clone below a 0700 home."""

from __future__ import annotations

import hashlib
import os
import pwd
import shutil
from pathlib import Path

from workers.supervisor.program import Account

# Only used as root, and only when the data directory or the wheel cannot be reached by `nobody`.
SHELTER = Path("/var/lib/trace")


def postgres_account() -> Account | None:
    if os.geteuid() != 0:
        return None
    nobody = pwd.getpwnam("nobody")
    return Account(nobody.pw_uid, nobody.pw_gid)


def reachable_by_others(path: Path) -> bool:
    """Every directory on the way lets everybody pass."""
    return all(parent.stat().st_mode & 0o001 for parent in path.resolve().parents)


def install_dir(wheel: Path) -> Path:
    """The wheel's own directory, or a copy where `nobody` can read it."""
    if os.geteuid() != 0 or reachable_by_others(wheel / "bin"):
        return wheel
    # Named by path and age, so that a reinstalled wheel is copied anew.
    version = hashlib.sha256(f"{wheel}:{(wheel / 'bin' / 'postgres').stat().st_mtime_ns}".encode()).hexdigest()[:12]
    copy = SHELTER / f"postgres-{version}"
    if not copy.exists():
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        _open_shelter()
        shutil.copytree(wheel, partial, symlinks=True)
        partial.chmod(0o755)
        partial.replace(copy)
    return copy


def cluster_dir(data_dir: Path) -> Path:
    """`<data dir>/postgres`; where `nobody` cannot reach that, a link there to a directory in the shelter."""
    inside = data_dir / "postgres"
    if inside.is_symlink():
        return inside.resolve()
    if os.geteuid() != 0 or inside.exists() or reachable_by_others(inside):
        return inside
    outside = SHELTER / f"data-{hashlib.sha256(str(data_dir).encode()).hexdigest()[:12]}"
    _open_shelter()
    outside.mkdir(mode=0o711, exist_ok=True)
    inside.symlink_to(outside / "postgres")
    return outside / "postgres"


def forget_cluster(data_dir: Path) -> None:
    """For a reset: what the link points to goes as well."""
    inside = data_dir / "postgres"
    if inside.is_symlink() and inside.resolve().is_relative_to(SHELTER):
        shutil.rmtree(inside.resolve().parent, ignore_errors=True)


def _open_shelter() -> None:
    SHELTER.mkdir(parents=True, exist_ok=True)
    SHELTER.chmod(0o755)
