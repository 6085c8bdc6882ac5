"""Floating-car data of SUMO, XML, CSV or Parquet, read as a stream: what is outside the box or window is dropped."""

from __future__ import annotations

import csv
import importlib.util
import io
import os
import re
import warnings
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from sagin.core.errors import InputError
from sagin.world import road_batches
from sagin.world.clock import DAY_S
from sagin.world.road_checks import finish
from sagin.world.roads import Traffic
from sagin.world.site import Site
from sagin.world.text_files import blocks, first_line, number, parse_xml

SORTABLE_BYTES = 200_000_000  # a larger file must be sorted by time already
_CLOCK = re.compile(r"(?:(\d+):)?(\d\d?):(\d\d):(\d\d(?:\.\d+)?)", re.ASCII)
_NEEDED, _OPTIONAL = ("time", "id", "x", "y"), ("speed", "angle")
_HINT = "sumo --fcd-output.attributes id,x,y,speed,angle"
_PARQUET = b"PAR1"
NAN = float("nan")


@dataclass
class Columns:
    """What a reader fills: one entry a vehicle and step; steps, also empty ones; names in order of appearance."""

    seconds: array = field(default_factory=lambda: array("d"))
    first: array = field(default_factory=lambda: array("q"))
    vehicle: array = field(default_factory=lambda: array("i"))
    x: array = field(default_factory=lambda: array("d"))
    y: array = field(default_factory=lambda: array("d"))
    speed: array = field(default_factory=lambda: array("d"))
    angle: array = field(default_factory=lambda: array("d"))
    names: dict[str, int] = field(default_factory=dict)
    skipped: int = 0


@dataclass(frozen=True)
class Window:
    """What to keep: seconds from `begin` to `end`, x and y inside of `box` (x0, y0, x1, y1)."""

    begin: float
    end: float
    box: tuple[float, float, float, float] | None

    def holds(self, x: float, y: float) -> bool:
        """Is a place inside the box?"""
        return self.box is None or (self.box[0] <= x <= self.box[2] and self.box[1] <= y <= self.box[3])


def read_traffic(  # noqa: PLR0913  (what to keep of a file, and where its origin is)
    path: str | Path,
    *,
    begin_s: float | None = None,
    end_s: float | None = None,
    box_m: Sequence[float] | None = None,
    geo: bool | None = None,
    origin: Sequence[float] | Site | None = None,
    max_gap_s: float | None = None,
) -> Traffic:
    """A road trace: `time, id, x, y` and, where they are there, speed [m/s] and angle [deg clockwise from north].

    `begin_s`, `end_s`: seconds of the trace to keep. `box_m`: x0, y0, x1, y1 to keep, in the coordinates of the file.
    `geo`: x, y are longitude and latitude, `origin` is then a `Site`; otherwise `origin` are the x, y of the place
    that becomes (0, 0). `max_gap_s`: longer gaps end a vehicle [twice the median step].
    """
    file = str(path)
    if geo and not isinstance(origin, Site):
        raise InputError("origin", origin, "a Site", "geo: longitude and latitude are turned into its east and north")
    window = Window(
        -np.inf if begin_s is None else number(begin_s, "begin_s"),
        np.inf if end_s is None else number(end_s, "end_s"),
        None if box_m is None else _four(box_m),
    )
    columns = _read(path, file, window)
    if columns.skipped:
        warnings.warn(f"{file}: {columns.skipped} rows that are no vehicles are skipped", stacklevel=2)
    if not len(columns.seconds):
        raise InputError("file", file, "with at least one time step", "within begin_s and end_s")
    return finish(columns, file, geo=bool(geo), origin=origin, max_gap_s=max_gap_s)


def _read(path: str | Path, file: str, window: Window) -> Columns:
    start = next(iter(blocks(path)), b"")[:4]
    if start == _PARQUET:
        return _read_parquet(path, file, window)
    line = first_line(path)
    if line.startswith("<"):
        return _read_xml(path, file, window)
    names = _header(line)
    if names is None:
        raise InputError("file", file, "XML, CSV or Parquet of floating-car data", f"first line: {line[:60]!r}")
    return _read_csv(path, file, window)


def _read_xml(path: str | Path, file: str, window: Window) -> Columns:
    """`fcd-export/timestep@time/vehicle@id,x,y[,speed,angle]`, event by event."""
    out = Columns()
    names, vehicle, xs, ys = out.names, out.vehicle, out.x, out.y
    speeds, angles = out.speed, out.angle
    inside, time = False, -np.inf
    line = [0]

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal inside, time
        if name == "vehicle":
            if not inside:
                return
            try:
                x, y = float(attributes["x"]), float(attributes["y"])
                speed, angle = float(attributes.get("speed", NAN)), float(attributes.get("angle", NAN))
            except (KeyError, ValueError):
                raise _bad_vehicle(f"{file}, timestep {time:g}", attributes) from None
            key = attributes.get("id", "")
            if not key:
                out.skipped += 1
            elif window.box is None or window.holds(x, y):
                vehicle.append(names.setdefault(key, len(names)))
                xs.append(x)
                ys.append(y)
                speeds.append(speed)
                angles.append(angle)
        elif name == "timestep":
            now = seconds_of(attributes.get("time", ""), f"{file}, line {line[0]}, time")
            if now < time:
                raise InputError(f"{file}, line {line[0]}", now, f">= {time}, times are sorted")
            time, inside = now, window.begin <= now <= window.end
            if inside:
                _new_step(out, now)
        elif name in ("person", "container") and inside:
            out.skipped += 1

    parse_xml(path, start, line=line)
    out.first.append(len(vehicle))
    return out


def _bad_vehicle(where: str, attributes: dict[str, str]) -> InputError:
    for name in ("x", "y"):
        if name not in attributes:
            return InputError(where, f"vehicle {attributes.get('id', '')!r}", "with x and y", _HINT)
    for name in ("x", "y", "speed", "angle"):
        try:
            float(attributes.get(name, "0"))
        except ValueError:
            return InputError(f"{where}, vehicle {attributes.get('id', '')!r}, {name}", attributes[name], "a number")
    raise AssertionError(attributes)


def _new_step(out: Columns, now: float) -> None:
    """Begin a step, or go on with the last one where it has the same time."""
    if not out.seconds or out.seconds[-1] != now:
        out.seconds.append(now)
        out.first.append(len(out.vehicle))


def _header(line: str) -> tuple[str, list[str]] | None:
    """Separator and plain names of a header line; None if it is none."""
    for mark in (";", ",", "\t"):
        names = [
            part.strip().strip('"').removeprefix("timestep_").removeprefix("vehicle_") for part in line.split(mark)
        ]
        if {"time", "id"} <= set(names):
            return mark, names
    return None


def _read_csv(path: str | Path, file: str, window: Window) -> Columns:
    if os.path.getsize(path) >= road_batches.LEAST_BYTES and importlib.util.find_spec("pyarrow"):
        try:
            skip, mark, names = _csv_head(_text(path), file)
            return _by_column(road_batches.csv_batches(path, mark, skip, names), window, [*_present(names)])
        except road_batches.OddError:
            pass
    try:
        return _collect(_csv_rows(path, file), file, window, sort=False)
    except _UnsortedError as unsorted:
        if os.path.getsize(path) > SORTABLE_BYTES:
            raise unsorted.error from None
        warnings.warn(f"{file}: not sorted by time; sorted in memory", stacklevel=4)
        return _collect(_csv_rows(path, file), file, window, sort=True)


def _csv_rows(path: str | Path, file: str) -> Iterator[tuple[int, Sequence[str]]]:
    """(line, [time, id, x, y, speed, angle]) of every row; "" where there is no such column."""
    stream = _text(path)
    skipped, mark, names = _csv_head(stream, file)
    places = [names.index(name) for name in _NEEDED] + [names.index(n) if n in names else -1 for n in _OPTIONAL]
    reader = csv.reader(stream, delimiter=mark)
    try:
        for row in reader:
            if len(row) == len(names):
                yield reader.line_num + skipped, [row[place] if place >= 0 else "" for place in places]
            elif row:
                where = f"{file}, line {reader.line_num + skipped}"
                raise InputError(
                    where, mark.join(row), f"{len(names)} values long, as the header", f"{len(row)} values"
                )
    except csv.Error as error:
        raise InputError(f"{file}, line {reader.line_num + skipped}", str(error), "readable as CSV") from None


def _text(path: str | Path) -> io.TextIOWrapper:
    return io.TextIOWrapper(_Stream(path), encoding="utf-8-sig", errors="replace", newline="")  # type: ignore[type-var]


def _csv_head(stream: io.TextIOWrapper, file: str) -> tuple[int, str, list[str]]:
    """Number of lines up to the header, separator and plain names."""
    head = ""
    skipped = 0
    for head in stream:
        skipped += 1
        if head.strip():
            break
    mark, names = _header(head.strip()) or (",", [])
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise InputError(f"{file}, line {skipped}", head.strip(), f"with a column {missing[0]}", _HINT)
    return skipped, mark, names


def _present(names: Iterable[str]) -> Iterator[str | None]:
    """The columns that are read, None where there is no such one."""
    return (name if name in names else None for name in road_batches.CHOSEN)


def _by_column(batches: Iterable[Any], window: Window, wanted: Sequence[str | None]) -> Columns:
    """Columns of sorted batches; OddError where rows have to be looked at one by one."""
    out = Columns()
    road_batches.append(out, window, batches, wanted)
    return _closed(out)


class _Stream(io.RawIOBase):
    """Blocks of a file as a stream."""

    def __init__(self, path: str | Path) -> None:
        self.source, self.left = blocks(path), b""

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next."""
        while not self.left:
            block = next(self.source, None)
            if block is None:
                return 0
            self.left = block
        size = min(len(buffer), len(self.left))
        buffer[:size], self.left = self.left[:size], self.left[size:]
        return size


class _UnsortedError(Exception):
    """Times of a table decrease."""

    def __init__(self, error: InputError) -> None:
        super().__init__(str(error))
        self.error = error


def _collect(rows: Iterable[tuple[int, Sequence[str]]], file: str, window: Window, *, sort: bool) -> Columns:
    """Columns of table rows; `sort`: rows come in any order of time."""
    out = Columns()
    times = array("d")
    last, text_before, now = -np.inf, None, 0.0
    for line, (time, key, x, y, speed, angle) in rows:
        if time != text_before:
            now, text_before = seconds_of(time, f"{file}, line {line}, time"), time
            if now < last and not sort:
                raise _UnsortedError(InputError(f"{file}, line {line}", now, f">= {last}, times are sorted"))
            last = now
        if not window.begin <= now <= window.end:
            continue
        if not sort:
            _new_step(out, now)
        if not key:  # an empty step, a person or a container
            out.skipped += x != ""
            continue
        try:
            place = float(x), float(y)
            moving = float(NAN if speed == "" else speed), float(NAN if angle == "" else angle)
        except ValueError:
            raise _bad_row(f"{file}, line {line}", key, (x, y, speed, angle)) from None
        if window.holds(*place):
            out.vehicle.append(out.names.setdefault(key, len(out.names)))
            out.x.append(place[0])
            out.y.append(place[1])
            out.speed.append(moving[0])
            out.angle.append(moving[1])
            if sort:
                times.append(now)
    return _sorted(out, np.array(times)) if sort else _closed(out)


def _bad_row(where: str, key: str, cells: tuple[str, ...]) -> InputError:
    for name, cell in zip(("x", "y", "speed", "angle"), cells, strict=True):
        if cell == "" and name in ("x", "y"):
            return InputError(where, f"vehicle {key!r}", "with x and y", _HINT)
        try:
            float(0 if cell == "" else cell)
        except ValueError:
            return InputError(f"{where}, {name}", cell, "a number")
    raise AssertionError(cells)


def _closed(out: Columns) -> Columns:
    out.first.append(len(out.vehicle))
    return out


def _sorted(out: Columns, times: np.ndarray) -> Columns:
    """Rows that came in any order, by time; within a step as they came."""
    order = np.argsort(times, kind="stable")
    for name in ("vehicle", "x", "y", "speed", "angle"):
        column = getattr(out, name)
        setattr(out, name, array(column.typecode, np.asarray(column)[order].tolist()))
    seconds, first = np.unique(times[order], return_index=True)
    out.seconds, out.first = array("d", seconds.tolist()), array("q", [*first.tolist(), len(times)])
    return out


def _read_parquet(path: str | Path, file: str, window: Window) -> Columns:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError:
        reason = 'Parquet needs pip install "sagin[parquet]"'
        raise InputError("file", file, "XML or CSV", reason) from None
    try:
        source = parquet.ParquetFile(path)
        known = {name.removeprefix("timestep_").removeprefix("vehicle_"): name for name in source.schema_arrow.names}
        missing = [name for name in _NEEDED if name not in known]
        if missing:
            raise InputError("file", file, f"with a column {missing[0]}", _HINT)
        wanted = [known.get(name) for name in (*_NEEDED, *_OPTIONAL)]
        columns = [name for name in wanted if name]
        try:
            return _by_column(source.iter_batches(columns=columns), window, wanted)
        except road_batches.OddError:
            rows = _parquet_rows(parquet.ParquetFile(path).iter_batches(columns=columns), wanted)
        try:
            return _collect(rows, file, window, sort=False)
        except _UnsortedError:
            again = parquet.ParquetFile(path).iter_batches(columns=columns)
            return _collect(_parquet_rows(again, wanted), file, window, sort=True)
    except (pyarrow.ArrowException, OSError, KeyError) as error:
        if isinstance(error, InputError):
            raise
        raise InputError("file", file, "an undamaged Parquet file", " ".join(str(error).split())[:120]) from None


def _parquet_rows(batches: Iterable[Any], wanted: Sequence[str | None]) -> Iterator[tuple[int, Sequence[Any]]]:
    line = 0
    for batch in batches:
        lists = [batch.column(name).to_pylist() if name else [""] * batch.num_rows for name in wanted]
        for cells in zip(*lists, strict=True):
            line += 1
            time, key, x, y, speed, angle = ("" if cell is None else cell for cell in cells)
            yield line, (time, str(key), x, y, speed, angle)


def seconds_of(text: Any, field: str) -> float:
    """Seconds from a number, or from `[D:]HH:MM:SS[.f]`."""
    match = _CLOCK.fullmatch(text.strip()) if isinstance(text, str) else None
    if match:
        days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
        return days * DAY_S + hours * 3600 + minutes * 60 + seconds
    return number(text, field)


def _four(box: Sequence[float]) -> tuple[float, float, float, float]:
    values = tuple(number(value, "box_m") for value in box) if isinstance(box, Sequence) else ()
    if len(values) != 4 or values[0] >= values[2] or values[1] >= values[3]:
        raise InputError("box_m", box, "x0, y0, x1, y1 with x0 < x1 and y0 < y1")
    return values  # type: ignore[return-value]
