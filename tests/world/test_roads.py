import gzip
import random
from contextlib import suppress
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest
from tests.world.cases import REFERENCE
from tests.world.test_satellite_files import mutate

from sagin.core.errors import InputError
from sagin.world import Site, Traffic, read_traffic

GRID = Path(str(files("sagin.world").joinpath("data", "grid.csv.gz")))
COLUMNS = ("seconds", "first", "vehicle", "x_m", "y_m", "speed_mps", "heading_rad", "name")
SMALL = "time,id,x,y,speed,angle\n0,a,0,0,10,90\n0,b,5,5,0,180\n1,a,10,0,10,90\n2,a,20,0,10,90\n2,b,5,5,0,180\n"


def read(tmp_path: Path, text: str | bytes, **options: object) -> Traffic:
    path = tmp_path / "trace"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_traffic(path, **options)  # type: ignore[arg-type]


def refused(tmp_path: Path, text: str, **options: object) -> str:
    with pytest.raises(InputError) as error:
        read(tmp_path, text, **options)
    return str(error.value).replace(str(tmp_path), "")


def xml(steps: str) -> str:
    return f'<?xml version="1.0"?><fcd-export>{steps}</fcd-export>'


def test_one_trace_in_all_formats(tmp_path: Path) -> None:
    table = read_traffic(GRID)
    assert (len(table.seconds), len(table.x_m)) == (300, 5478)
    packed = gzip.decompress(GRID.read_bytes())
    same = [read_traffic(REFERENCE / "fcd_grid.xml.gz"), read(tmp_path, packed)]
    same += [read(tmp_path, packed.replace(b"timestep_", b"").replace(b"vehicle_", b"").replace(b";", b"\t"))]
    for other in same:
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(table, name), getattr(other, name))
    parquet = read_traffic(REFERENCE / "fcd_grid.parquet")  # not rounded to centimetres
    for name in ("seconds", "first", "vehicle", "name"):
        np.testing.assert_array_equal(getattr(table, name), getattr(parquet, name))
    for name in ("x_m", "y_m", "speed_mps"):
        np.testing.assert_allclose(getattr(table, name), getattr(parquet, name), atol=5.1e-3)
    turn = np.angle(np.exp(1j * (table.heading_rad - parquet.heading_rad)))
    assert np.abs(turn).max() < 1e-4


def test_positions_between_steps(tmp_path: Path) -> None:
    trace = read(tmp_path, SMALL)
    assert [(name, *xy) for name, xy in zip(*trace.at(0.25), strict=True)] == [("a", 2.5, 0.0), ("b", 5.0, 5.0)]
    for second in (0.0, 1.0, 2.0):
        names, xy = trace.at(second)
        assert xy[names == "a"].tolist() == [[10 * second, 0.0]]
        assert (names == "b").any()  # a step without it does not end it
    assert len(trace.at(2.0001)[0]) == len(trace.at(-0.1)[0]) == 0
    state = trace.state(1.5)
    np.testing.assert_allclose(state.heading_rad, np.deg2rad([90, 180]))
    np.testing.assert_allclose(state.speed_mps, [10, 0])
    track = trace.ahead(0, 0.5)
    np.testing.assert_allclose(track.seconds, [0.5, 1, 2])
    np.testing.assert_allclose(track.at(1.5), [15, 0])


def test_every_position_against_a_plain_loop() -> None:
    trace = read_traffic(GRID, origin=(225, 225))
    tracks: dict[int, list[tuple[float, float, float]]] = {}
    for step, second in enumerate(trace.seconds):
        for entry in range(trace.first[step], trace.first[step + 1]):
            point = (second, trace.x_m[entry], trace.y_m[entry])
            tracks.setdefault(int(trace.vehicle[entry]), []).append(point)
    for second in (0.0, 12.3, 77.0, 123.75, 298.5, 299.0):
        wanted = {}
        for vehicle, points in tracks.items():
            t, x, y = np.array(points).T
            if t[0] <= second <= t[-1]:
                wanted[vehicle] = (np.interp(second, t, x), np.interp(second, t, y))
        names, xy = trace.at(second)
        assert names.tolist() == [trace.name[i] for i in sorted(wanted)]
        np.testing.assert_allclose(xy, [wanted[i] for i in sorted(wanted)], atol=1e-9)


def test_missing_speeds_and_headings_come_from_the_motion(tmp_path: Path) -> None:
    text = "time,id,x,y\n0,a,0,0\n1,a,0,10\n2,a,10,10\n3,a,10,10\n4,a,10,10\n"
    trace = read(tmp_path, text)
    np.testing.assert_allclose(trace.speed_mps, [10, 5 * np.sqrt(2), 5, 0, 0])
    np.testing.assert_allclose(np.rad2deg(trace.heading_rad), [0, 45, 90, 90, 90])


def test_windows_boxes_and_clock_times(tmp_path: Path) -> None:
    trace = read(tmp_path, SMALL, begin_s=1, end_s=2, box_m=(6, -1, 100, 100))
    assert trace.seconds.tolist() == [1, 2]
    assert trace.x_m.tolist() == [10, 20]
    clock = "time,id,x,y\n0,a,1,2\n00:00:01.5,a,1,2\n1:00:00:02,a,1,2\n"
    assert read(tmp_path, clock).seconds.tolist() == [0, 1.5, 86402]


def test_gaps_and_jumps_begin_new_vehicles(tmp_path: Path) -> None:
    steps = "".join(f"{t},a,{t},0\n" for t in (0, 1, 2, 3, 9, 10)) + "11,a,500,0\n12,a,501,0\n"
    with pytest.warns(UserWarning, match="1 jumps faster than 100 m/s: a new vehicle begins after each"):
        trace = read(tmp_path, "time,id,x,y\n" + steps)
    assert trace.name.tolist() == ["a", "a#2", "a#3"]
    assert trace.vehicle.tolist() == [0, 0, 0, 0, 1, 1, 2, 2]
    assert len(trace.at(5.0)[0]) == 0


def test_longitudes_become_metres_of_the_site(tmp_path: Path) -> None:
    site = Site(latitude_deg=50.0, longitude_deg=8.0)
    text = "time,id,x,y\n0,a,8.0,50.0\n1,a,8.0001,50.0\n2,a,8.0001,50.0001\n"
    trace = read(tmp_path, text, geo=True, origin=site)
    np.testing.assert_allclose(trace.x_m, [0, 7.1696, 7.1696], atol=1e-3)
    np.testing.assert_allclose(trace.y_m, [0, 0, 11.1247], atol=2e-3)
    assert "must be a Site" in refused(tmp_path, text, geo=True)


def test_messages(tmp_path: Path) -> None:
    assert refused(tmp_path, "nonsense\n").endswith("(first line: 'nonsense')")
    late = xml('<timestep time="42"/>\n<timestep time="41"/>')
    assert refused(tmp_path, late) == "/trace, line 2 = 41.0: must be >= 42.0, times are sorted"
    text = xml('<timestep time="0"><vehicle id="v1" speed="3"/></timestep>')
    wanted = "/trace, timestep 0 = \"vehicle 'v1'\": must be with x and y "
    assert refused(tmp_path, text) == wanted + "(sumo --fcd-output.attributes id,x,y,speed,angle)"
    assert "with a column x" in refused(tmp_path, "time,id,y\n0,a,1\n")
    assert "must be 4 values long" in refused(tmp_path, "time,id,x,y\n0,a,1\n")
    assert "line 2, x = 'wet': must be a number" in refused(tmp_path, "time,id,x,y\n0,a,wet,1\n")
    assert "line 2 = \"vehicle 'a'\": must be with x and y" in refused(tmp_path, "time,id,x,y\n0,a,,1\n")
    assert "time = 'noon': must be a number" in refused(tmp_path, "time,id,x,y\nnoon,a,1,1\n")
    twice = refused(tmp_path, "time,id,x,y\n0,a,1,1\n0,a,2,1\n")
    assert twice.startswith("/trace, timestep 0 = \"vehicle 'a'\": must be there once")
    fast = "time,id,x,y,speed\n" + "".join(f"{t},a,{10 * t},0,36\n" for t in range(5))
    assert "speed looks like km/h" in refused(tmp_path, fast)
    small = "time,id,x,y,speed\n" + "".join(f"{t},a,{10 + 1e-4 * t},50,10\n" for t in range(5))
    assert "x, y look like longitude and latitude: set geo: true" in refused(tmp_path, small)
    assert "at least one time step" in refused(tmp_path, SMALL, begin_s=100)
    assert "box_m" in refused(tmp_path, SMALL, box_m=(0, 0, 0, 1))
    assert "origin" in refused(tmp_path, SMALL, origin=(1,))
    assert "document type" in refused(tmp_path, "<!DOCTYPE x [<!ENTITY a 'b'>]><fcd-export/>")
    assert "finite" in refused(tmp_path, "time,id,x,y\n0,a,inf,1\n")
    assert "well-formed XML" in refused(tmp_path, '<fcd-export><timestep time="1">')


def test_warnings(tmp_path: Path) -> None:
    odd = "time,id,x,y,speed\n" + "".join(f"{t},a,{20 * t},0,10\n" for t in range(5))
    with pytest.warns(UserWarning, match="vehicles move 2 times as far as their speeds say"):
        read(tmp_path, odd)
    people = xml('<timestep time="0"><vehicle id="v" x="1" y="2"/><person id="p" x="1" y="2"/></timestep>')
    with pytest.warns(UserWarning, match="1 rows that are no vehicles are skipped"):
        assert read(tmp_path, people).name.tolist() == ["v"]


def test_a_table_sorted_by_vehicle_is_sorted_in_memory(tmp_path: Path) -> None:
    lines = SMALL.splitlines()
    shuffled = "\n".join([lines[0], *sorted(lines[1:], key=lambda line: line.split(",")[1])])
    with pytest.warns(UserWarning, match="not sorted by time; sorted in memory"):
        found = read(tmp_path, shuffled)
    wanted = read(tmp_path, SMALL)
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name))


def test_empty_steps_count_as_time(tmp_path: Path) -> None:
    trace = read(tmp_path, xml('<timestep time="0"/><timestep time="1"><vehicle id="a" x="1" y="2"/></timestep>'))
    assert trace.seconds.tolist() == [0, 1]
    assert trace.first.tolist() == [0, 0, 1]
    alone = read(tmp_path, "time;id;x;y\n0.0;;;\n1;a;1;2\n")
    assert alone.first.tolist() == [0, 0, 1]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["csv", "xml", "gz", "parquet"])
def test_mutated_files_raise_nothing_but_input_errors(tmp_path: Path, kind: str) -> None:
    steps = '<timestep time="0"><vehicle id="a" x="1" y="2" speed="1"/></timestep><timestep time="1"/>'
    data = {"csv": SMALL.encode(), "xml": xml(steps).encode(), "gz": gzip.compress(SMALL.encode())}
    if kind == "parquet":
        data[kind] = (REFERENCE / "fcd_grid.parquet").read_bytes()
    draw = random.Random(kind)
    for _ in range(500 if kind != "parquet" else 25):
        with suppress(InputError):
            read(tmp_path, bytes(mutate(bytearray(data[kind]), draw)))
