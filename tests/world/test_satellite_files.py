import contextlib
import gzip
import json
import random
from pathlib import Path

import numpy as np
import pytest
from tests.world.cases import ISS, REFERENCE

from sagin.core import records
from sagin.core.errors import InputError
from sagin.world import Satellites, read_satellites, walker, write_omm

FIELDS = {
    "OBJECT_NAME": "ISS (ZARYA)",
    "OBJECT_ID": "1998-067A",
    "EPOCH": "2008-09-20T12:25:40.104192",
    "MEAN_MOTION": 15.72125391,
    "ECCENTRICITY": 0.0006703,
    "INCLINATION": 51.6416,
    "RA_OF_ASC_NODE": 247.4627,
    "ARG_OF_PERICENTER": 130.536,
    "MEAN_ANOMALY": 325.0288,
    "NORAD_CAT_ID": 25544,
    "BSTAR": -1.1606e-05,
    "MEAN_MOTION_DOT": -2.182e-05,
    "MEAN_MOTION_DDOT": 0,
}
XML = """<?xml version="1.0"?><ndm xmlns:n="urn:x"><n:omm id="CCSDS_OMM_VERS" version="2.0"><header><CREATION_DATE/>
</header><body><segment><metadata>{}</metadata></segment></body></n:omm></ndm>"""


def xml_of(fields: dict) -> str:
    return XML.format("".join(f"<n:{key}>{value}</n:{key}>" for key, value in fields.items()))


def csv_of(fields: dict) -> str:
    return ",".join(fields) + "\n" + ",".join(str(value) for value in fields.values()) + "\n"


def read(tmp_path: Path, content: str | bytes, name: str = "sats") -> Satellites:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_satellites(path)


def refused(tmp_path: Path, content: str | bytes) -> str:
    with pytest.raises(InputError) as error:
        read(tmp_path, content)
    return str(error.value).replace(str(tmp_path), "")


@pytest.mark.parametrize("prefix", ["", "0 "])
@pytest.mark.parametrize("packed", [False, True])
def test_all_formats_say_the_same(tmp_path: Path, prefix: str, packed: bool) -> None:
    texts = [
        f"{prefix}{ISS[0]}\n{ISS[1]}\n{ISS[2]}\n",
        csv_of(FIELDS),
        json.dumps(FIELDS),
        json.dumps([{key: str(value) for key, value in FIELDS.items()}]),
        xml_of(FIELDS),
        "﻿" + csv_of(dict(reversed(FIELDS.items()))),
    ]
    first = read(tmp_path, texts[0])
    jd, fraction = first.handles[0].jdsatepoch, first.handles[0].jdsatepochF
    for text in texts:
        data = gzip.compress(text.encode()) if packed else text.encode()
        found = read(tmp_path, data)
        for name in records.columns(Satellites):
            value, wanted = getattr(found, name)[0], getattr(first, name)[0]
            assert value == wanted or value == pytest.approx(wanted, rel=1e-12, abs=1e-3 if name == "epoch" else 0)
        there = found.handles[0].sgp4(jd, fraction + 0.1)
        np.testing.assert_allclose(there[1], first.handles[0].sgp4(jd, fraction + 0.1)[1], atol=1e-2)


def test_lines_without_names_alpha5_and_blank_lines(tmp_path: Path) -> None:
    first, second = ISS[1].replace("25544U", "E8493U"), ISS[2].replace("25544", "E8493")

    def stamped(line: str) -> str:
        return line[:-1] + str((sum(int(c) for c in line[:-1] if c.isdigit()) + line[:-1].count("-")) % 10)

    found = read(tmp_path, f"\n{stamped(first)}  \n{stamped(second)}\n\n{ISS[1]}\n{ISS[2]}\n")
    assert found.catalogue.tolist() == [148493, 25544]
    assert found.name.tolist() == ["", ""]


def test_catalogue_numbers_beyond_sgp4_are_kept(tmp_path: Path) -> None:
    assert read(tmp_path, csv_of({**FIELDS, "NORAD_CAT_ID": 799500123})).catalogue.tolist() == [799500123]


@pytest.mark.parametrize("epoch", ["2026-11-01T12:00:00", "2026-11-01T12:00:00Z", "2026-11-01T12:00:00.000"])
def test_epochs_and_missing_optional_fields(tmp_path: Path, epoch: str) -> None:
    fields = {k: v for k, v in FIELDS.items() if k not in ("OBJECT_ID", "MEAN_MOTION_DOT", "MEAN_MOTION_DDOT")}
    for text in (csv_of({**fields, "EPOCH": epoch}), xml_of({**fields, "EPOCH": epoch, "OBJECT_ID": ""})):
        assert read(tmp_path, text).epoch.tolist() == [1793534400.0]


def test_messages(tmp_path: Path) -> None:
    wrong = ISS[1][:-1] + "6"
    line = f"{' '.join(wrong.split())!r}: must be ending in its checksum 7 (it ends in 6; satellite 25544)"
    assert refused(tmp_path, f"{ISS[0]}\n{wrong}\n{ISS[2]}\n") == f"/sats, line 2 = {line}"
    known = "file = '/sats': must be TLE or OMM (CSV, JSON, XML) (first line: 'hello')"
    assert refused(tmp_path, "\n hello\nworld\n") == known
    assert "first line: ''" in refused(tmp_path, "")
    assert "must be 69 ASCII characters long (it has 68)" in refused(tmp_path, f"{ISS[1][:-1]}\n{ISS[2]}\n")
    assert "/sats, line 1" in refused(tmp_path, f"{ISS[1]}\n")
    other = "2 25545" + ISS[2][7:-1] + "8"
    assert "must be for satellite 25544 (as line 1)" in refused(tmp_path, f"{ISS[1]}\n{other}\n")
    text = refused(tmp_path, csv_of({**FIELDS, "MEAN_MOTION": 0.0686}))
    assert text.endswith("must be > 0 and <= 20 (rad/min? OMM wants revolutions a day)")
    assert "satellite 25544, mean_motion_rev_per_day = 0.0686" in text
    for field, value in (("ECCENTRICITY", 1.0), ("INCLINATION", 181), ("MEAN_MOTION", -3), ("MEAN_MOTION", 21)):
        assert "satellite 25544" in refused(tmp_path, csv_of({**FIELDS, field: value}))
    assert "line 2, REF_FRAME = 'GCRF': must be TEME" in refused(tmp_path, csv_of({**FIELDS, "REF_FRAME": "GCRF"}))
    assert "SGP4-XP is not SGP4" in refused(tmp_path, csv_of({**FIELDS, "EPHEMERIS_TYPE": 4}))
    missing = {key: value for key, value in FIELDS.items() if key != "BSTAR"}
    assert "object 1, BSTAR = None: must be given" in refused(tmp_path, json.dumps(missing))
    assert "line 2, BSTAR = 'many'" in refused(tmp_path, csv_of({**FIELDS, "BSTAR": "many"}))
    assert "must be a finite number" in refused(tmp_path, json.dumps({**FIELDS, "BSTAR": float("nan")}))
    assert "must be UTC" in refused(tmp_path, csv_of({**FIELDS, "EPOCH": "yesterday"}))
    assert "document type" in refused(tmp_path, "<!DOCTYPE a [<!ENTITY b 'c'>]><ndm/>")
    assert "at least one element set" in refused(tmp_path, "<ndm></ndm>")
    assert "must be undamaged" in refused(tmp_path, gzip.compress(csv_of(FIELDS).encode())[:-9])
    with pytest.raises(InputError, match="must be a readable file"):
        read_satellites(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="name_contains = 'GPS': must be part of a name"):
        read_satellites(REFERENCE / "walker_550km_53deg_72_6_1.csv", name_contains="GPS")


def test_names_can_be_chosen() -> None:
    chosen = read_satellites(REFERENCE / "walker_550km_53deg_72_6_1.csv", name_contains="W03")
    assert len(chosen) == len(chosen.handles) == 12


@pytest.mark.parametrize("ending", ["csv", "json"])
def test_what_is_written_reads_back_bit_for_bit(tmp_path: Path, ending: str) -> None:
    before = read(tmp_path, "\n".join(ISS))
    for satellites in (before, walker(planes=3, per_plane=4, phasing=2)):
        path = tmp_path / f"out.{ending}"
        write_omm(satellites, path)
        after = read_satellites(path)
        for name in records.columns(Satellites):
            if name != "epoch":
                assert getattr(after, name).tolist() == getattr(satellites, name).tolist(), name
        np.testing.assert_allclose(after.epoch, satellites.epoch, atol=1e-6)
    assert [path.name for path in tmp_path.glob(".*")] == []
    with pytest.raises(InputError, match=r"must be a name that ends in .csv or .json"):
        write_omm(before, tmp_path / "out.tle")
    with pytest.raises(InputError, match="must be a writable file"):
        write_omm(before, tmp_path / "absent" / "out.csv")


@pytest.mark.parametrize("kind", ["tle", "csv", "json", "xml", "gz"])
def test_mutated_files_raise_nothing_but_input_errors(tmp_path: Path, kind: str) -> None:
    text = {"tle": "\n".join(ISS * 2), "csv": csv_of(FIELDS), "json": json.dumps([FIELDS]), "xml": xml_of(FIELDS)}
    data = text[kind].encode() if kind != "gz" else gzip.compress(text.get("csv", "").encode())
    draw = random.Random(kind)
    for _ in range(500):
        mutated = mutate(bytearray(data), draw)
        with contextlib.suppress(InputError):
            read(tmp_path, bytes(mutated))


def mutate(data: bytearray, draw: random.Random) -> bytearray:
    """Delete, duplicate, swap, overwrite or truncate some bytes."""
    for _ in range(draw.randint(1, 3)):
        at, other = draw.randrange(len(data) + 1), draw.randrange(len(data) + 1)
        length = draw.randint(1, 12)
        action = draw.randrange(5)
        if action == 0:
            del data[at : at + length]
        elif action == 1:
            data[at:at] = data[at : at + length]
        elif action == 2:
            data[at : at + length], data[other : other + length] = (
                data[other : other + length],
                data[at : at + length],
            )
        elif action == 3:
            data[at : at + length] = bytes(draw.randrange(256) for _ in range(length))
        else:
            del data[at:]
    return data
