"""UAV paths: interpolation, hovering, frames, and what is refused."""

import numpy as np
import pytest

from sagin import InputError
from sagin.world.paths import read_paths
from sagin.world.site import Site


def write(tmp_path, text: str):
    file = tmp_path / "uav.csv"
    file.write_text(text)
    return file


def test_one_uav(tmp_path) -> None:
    paths = read_paths(write(tmp_path, "time_s,east_m,north_m,up_m\n0,0,0,100\n10,100,50,100\n"))
    assert paths.name.tolist() == ["uav"]
    at = paths.at(np.array([-5.0, 0.0, 2.5, 10.0, 99.0]))
    np.testing.assert_allclose(at[:, 0], [[0, 0, 100], [0, 0, 100], [25, 12.5, 100], [100, 50, 100], [100, 50, 100]])
    assert paths.hovering(np.array([-5.0, 0.0, 10.0, 11.0]))[:, 0].tolist() == [True, False, False, True]


def test_several_in_order_of_appearance(tmp_path) -> None:
    text = "time_s,name,east_m,north_m,up_m\n0,b,0,0,1\n0,a,5,5,5\n4,a,9,9,9\n2,b,2,4,3\n7,c,1,1,1\n"
    paths = read_paths(write(tmp_path, text))
    assert paths.name.tolist() == ["b", "a", "c"]
    np.testing.assert_allclose(paths.at(1.0), [[1, 2, 2], [6, 6, 6], [1, 1, 1]])


def test_geodetic_paths_use_the_frame_of_the_site(tmp_path) -> None:
    file = write(
        tmp_path, "time_s\tlatitude_deg\tlongitude_deg\theight_m\n0\t52.27\t10.53\t175\n9\t52.271\t10.53\t175\n"
    )
    paths = read_paths(file, Site())
    np.testing.assert_allclose(paths.position_m[0], [0, 0, 100], atol=1e-6)
    np.testing.assert_allclose(paths.position_m[1], [0, 111.27, 100], atol=0.3)
    with pytest.raises(InputError, match="site = None"):
        read_paths(file)


def test_fast_ones_are_doubted(tmp_path) -> None:
    file = write(tmp_path, "time_s,east_m,north_m,up_m\n0,0,0,100\n1,252,0,100\n")
    with pytest.warns(UserWarning, match="252 m/s: km/h or feet?"):
        read_paths(file)
    two = write(tmp_path, "time_s,name,east_m,north_m,up_m\n0,a,0,0,100\n1,b,9000,0,100\n")
    read_paths(two)  # the way from one UAV to another is nobody's speed


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "it is empty"),
        ("time_s,east_m,north_m\n0,1,1\n", "must be a table with the header time_s,east_m,north_m,up_m"),
        ("time_s,east_m,north_m,up_m\n", "rows below its header"),
        ("time_s,east_m,north_m,up_m\n0,0,0\n", "line 2 = '0,0,0': must be with 4 columns"),
        ("time_s,east_m,north_m,up_m\n0,0,0,nan\n", "line 2, up_m = 'nan': must be a number"),
        ("time_s,east_m,north_m,up_m\n1,0,0,1\n1,0,0,2\n", "line 3, time_s = 1.0: must be > 1"),
        (
            "time_s,latitude_deg,longitude_deg,height_m\n0,91,0,0\n",
            r"line 2, latitude_deg = 91.0: must be in \[-90, 90\]",
        ),
        ('time_s,name,east_m,north_m,up_m\n0,"a\n1,b,0,0,0\n', "uav.csv"),
    ],
)
def test_refusals(tmp_path, text, message) -> None:
    with pytest.raises(InputError, match=message):
        read_paths(write(tmp_path, text), Site())
