"""What this process may use of the machine it runs on, and whom it may trust there; guarded where systems differ."""

from __future__ import annotations

import os
import stat
from pathlib import Path

_CGROUP = Path("/sys/fs/cgroup")


def cores() -> int:
    """Processors this process may use: its affinity and the limit of its container count, not what is built in."""
    affinity = getattr(os, "sched_getaffinity", None)  # neither on macOS nor on Windows
    found = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota, _, period = _line(_CGROUP / "cpu.max").partition(" ")
    if quota.isdigit() and period.isdigit() and int(period) > 0:
        found = min(found, -(-int(quota) // int(period)))
    return max(1, found)


def memory_bytes() -> int | None:
    """Memory that is free for this process, its container's limit counted; None where the system does not say."""
    available = next((row.split()[1] for row in _text("/proc/meminfo").splitlines() if row.startswith("MemAv")), "")
    known = [int(available) * 1024] if available.isdigit() else []
    if not known and hasattr(os, "sysconf"):
        try:
            known = [os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")]
        except (OSError, ValueError):
            known = []
    limit, used = _line(_CGROUP / "memory.max"), _line(_CGROUP / "memory.current")
    if limit.isdigit() and used.isdigit():
        known.append(max(0, int(limit) - int(used)))
    return min(known, default=None)


def distrust(path: str | Path) -> str:
    """Why somebody else could have written in a folder of ours, "" if nobody could.

    The folder itself must be ours and closed to the group and others; whoever may write in a folder above it could put
    another one in its place. Where there are no user numbers (Windows), folders of the user's profile are private.
    """
    if not hasattr(os, "getuid"):
        return ""
    user, path = os.getuid(), Path(path)
    facts = os.lstat(path)
    if not stat.S_ISDIR(facts.st_mode):
        return "it is no folder"
    if facts.st_uid != user:
        return "it belongs to another user"
    if facts.st_mode & 0o022:
        return "others may write in it (chmod go-w allows its use)"
    for parent in path.resolve().parents:
        above = os.stat(parent)
        group = above.st_mode & stat.S_IWGRP and above.st_gid not in (0, os.getgid())
        open_ = (group or above.st_mode & stat.S_IWOTH) and not above.st_mode & stat.S_ISVTX
        if above.st_uid not in (0, user) or open_:
            return f"others may write in {parent}"
    return ""


def distrust_file(facts: os.stat_result) -> str:
    """Why somebody else could have written an open file of ours, "" if nobody could."""
    if not stat.S_ISREG(facts.st_mode):
        return "it is no regular file"
    if hasattr(os, "getuid") and facts.st_uid != os.getuid():
        return "it belongs to another user"
    return "others may write it" if os.name == "posix" and facts.st_mode & 0o022 else ""


def _text(path: str | Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""


def _line(path: Path) -> str:
    return _text(path).strip()
