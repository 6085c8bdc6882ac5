"""Declaring a network: what is accepted, what is refused and how, the constant tables, and what a drop holds."""

from pathlib import Path

import numpy as np
import pytest

import sagin
from sagin import InputError
from sagin.blocks.access.mimo_mmse import mmse_sinr
from sagin.blocks.access.shannon import shannon_rate
from sagin.cli import main
from sagin.core import records
from sagin.core.admissible import factors
from sagin.core.selection import choose
from sagin.experiments.study import Study
from sagin.systems.dm_mimo_vec.model import ground_snr
from sagin.systems.network import drawing, figures, model
from sagin.systems.network.access import kind_codes, own_regions
from sagin.systems.network.budget import budget
from sagin.systems.network.layout import layout
from sagin.systems.network.ranges import uniform
from sagin.systems.network.scenario import Link, Node, Objective, Scenario, Users

EXAMPLES = Path(__file__).parents[2] / "examples" / "networks"
SEEDS = np.arange(3)
C = 299_792_458.0


def draw(scenario: Scenario, seeds=SEEDS) -> model.Drops:
    return drawing.draw(scenario, np.asarray(seeds))


def small(**dotted) -> Scenario:
    """One user 3-4-0 m from an edge node, one link, everything fixed; dotted names change it."""
    link = {"from": "u", "to": "edge", "carrier_hz": 1e9, "bandwidth_hz": 1e6}
    users = {
        "count": 2,
        "position_m": [3, 4, 0],
        "task_bits": 1e6,
        "cycles_per_bit": 100,
        "power_dbm": 20,
        "cpu_hz": 1e9,
    }
    parts = {
        "users": {"u": users},
        "nodes": {"edge": {"position_m": [0, 0, 0], "cpu_hz": 8e9, "cores": 4, "switched_capacitance": 1e-28}},
        "links": {"up": link},
        "routes": {"u": ["up"]},
    }
    return Scenario(**parts, **dotted)


# --- the declaration ---


def test_examples_are_short_and_the_first_is_the_default() -> None:
    for path in EXAMPLES.glob("*.yaml"):
        scenario = Scenario.from_file(path)
        assert len(path.read_text().splitlines()) <= 40
        assert Scenario(**scenario.to_dict()) == scenario
        assert records.n_drops(draw(scenario)) == 3
    assert Scenario.from_file(EXAMPLES / "road.yaml") == Scenario()


def test_python_and_mapping_are_the_same() -> None:
    scenario = Scenario(
        users={"u": Users(count=1, position_m=(0, 0, 0), task_bits=1e6, cycles_per_bit=1, power_dbm=10)},
        nodes={"n": Node(position_m=(9, 0, 0), cpu_hz=1e9)},
        links={"l": Link(from_="u", to="n", carrier_hz=1e9, bandwidth_hz=1e6)},
        routes={"u": ("l",)},
        objective=Objective(kind="max"),
    )
    assert Scenario(**scenario.to_dict()) == scenario
    assert scenario.to_dict()["links"]["l"]["from"] == "u"


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"links.v2i.acess": "ofdma"}, "links.v2i.acess = 'ofdma': must be a field of a link (did you mean access?)"),
        ({"routes.car": ["v2i > feder"]}, "must be links or local (did you mean feeder?)"),
        (
            {"routes.car": ["feeder"]},
            "routes.car = 'feeder': must be a chain that starts at car (feeder starts at rsu)",
        ),
        ({"routes.car": ["v2i > v2i"]}, "must be a chain that goes on at rsu (v2i starts at car)"),
        ({"nodes.rsu.cpu_hz": None}, "must be a chain that ends at a node with cpu_hz (rsu has none)"),
        ({"routes.car": []}, "routes.car = []: must be at least one route"),
        ({"routes.car": ["v2i", " v2i "]}, "routes.car = ' v2i ': must be listed once"),
        ({"routes.bus": ["v2i"]}, "routes.bus = ('v2i',): must be a group of users (one of car)"),
        ({"users.car.cpu_hz": None}, "users.car.cpu_hz = None: must be given (its routes have local)"),
        ({"users.car.power_dbm": None}, "users.car.power_dbm = None: must be given (links.v2i gives no power)"),
        ({"links.v2i.carrier_hz": None}, "links.v2i.carrier_hz = None: must be given for a radio link"),
        ({"links.feeder.power_dbm": None}, "links.feeder.power_dbm = None: must be given"),
        ({"links.feeder.access": "noma"}, "links.feeder.access = 'noma': must be tdma or dedicated (one transmitter)"),
        ({"links.v2i.access": "nomma"}, "did you mean noma?"),
        ({"links.v2i.to": "rsi"}, "links.v2i.to = 'rsi': must be a node (did you mean rsu?)"),
        ({"links.v2i.from": ["car", "rsu"]}, "must be groups of users"),
        ({"links.v2i.rate_bps": 1e6}, "links.v2i.carrier_hz = 5900000000.0: must be left out"),
        ({"links.v2i.band": "rsu"}, "links.v2i.band = 'rsu': must be a word of its own"),
        ({"links.v2i.path_loss": "power_law"}, "links.v2i.path_loss.exponent = None: must be given for power_law"),
        ({"links.v2i.path_loss.a": 3}, "links.v2i.path_loss.a = 3.0: must be left out for power_law"),
        ({"links.v2i.fading": "rician"}, "links.v2i.fading.k_db = None: must be given for rician"),
        ({"users.car.count": 0}, "must be at least one user in all"),
        ({"users.car.task_bits": [4e6, 2e6]}, "users.car.task_bits = [4000000.0, 2000000.0]: must be low <= high"),
        (
            {"users.car.task_bits": [0, 2e6]},
            "users.car.task_bits = [0, 2000000.0]: must be [low, high] or a number > 0",
        ),
        ({"users.car.task_bits": True}, "users.car.task_bits = True: must be"),
        ({"users.car.area.radius_m": 3}, "users.car.area.radius_m = 3.0: must be left out for a road"),
        ({"users.car.position_m": [0, 0, 0]}, "users.car.area"),
        ({"nodes.leo.elevation_deg": 0}, "nodes.leo.elevation_deg = 0: must be [low, high] or a number > 0 and <= 90"),
        ({"nodes.rsu.altitude_m": 5e5}, "nodes.rsu.position_m"),
        ({"nodes.rsu.cpu_hz": "unlimitd"}, "nodes.rsu.cpu_hz = 'unlimitd': must be unlimited or null or a number > 0"),
        ({"nodes.rsu.sharing": "shard"}, "did you mean shared?"),
        ({"objective.beta": 1.5}, "objective.beta = 1.5: must be >= 0 and <= 1"),
        (
            {"objective.beta": 0},
            "objective.beta = 0.0: must be > 0 unless every user has a deadline_s (else slow is cheap",
        ),
        ({"nodes.local": {"position_m": [0, 0, 0]}}, "nodes.local = 'local': must be another name"),
        ({"nodes.car": {"position_m": [0, 0, 0]}}, "must be a name of its own"),
        ({"nodes.a b": {"position_m": [0, 0, 0]}}, "must be a word of letters"),
        ({"nodes": {}}, "users = None: must be given (users, nodes, links and routes go together)"),
        ({"links.v2i.access": "nowhere.py:x"}, "links.v2i.access = 'nowhere.py:x': must be in a file that exists"),
    ],
)
def test_what_does_not_fit_is_refused(changes: dict, text: str) -> None:
    with pytest.raises(InputError) as caught:
        Scenario(**changes)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_shared_bands_and_loops_are_checked() -> None:
    sensors = Scenario.from_file(EXAMPLES / "sensors.yaml")
    with pytest.raises(InputError, match=r"links.back2.access = 'dedicated': must be tdma"):
        sensors.replace(**{"links.back2.access": "dedicated"})
    changes = {f"links.{name}.energy": "duration" for name in ("back1", "back2")}
    sensors.replace(**changes)
    with pytest.raises(InputError, match=r"links.back2.power_dbm = 33.0: must be that of back1"):
        sensors.replace(**changes, **{"links.back2.power_dbm": 33})
    loop = {"links.home": {"from": "bs", "to": "uav1", "rate_bps": 1e6}, "routes.sensor": ["up1 > back1 > home"]}
    with pytest.raises(InputError, match=r"must be a chain that passes a node once \(uav1 twice\)"):
        sensors.replace(**loop)
    isl = {
        "nodes.leo2": {"altitude_m": 6e5, "cpu_hz": 1e9},
        "links.isl": {"from": "leo", "to": "leo2", "rate_bps": 1e9},
    }
    with pytest.raises(InputError, match=r"links.isl.distance_m = None: must be given"):
        sensors.replace(**isl)


# --- tables ---


def test_resources_in_order_of_first_use() -> None:
    tables = layout(Scenario.from_file(EXAMPLES / "sensors.yaml"))
    names = ["local", "up1", "uav1", "up2", "uav2", "back", "bs", "fibre", "direct", "leo"]
    assert tables.name.tolist() == names
    assert tables.kind.tolist() == ["box", "noma", "linear", "noma", *["linear"] * 6]
    assert tables.private.tolist() == [True] + [False] * 9
    hops = [[names[m] for m in route if m >= 0] for route in tables.resource[0]]
    assert hops[4] == ["up2", "back", "bs"]
    assert hops[5] == ["up1", "back", "fibre"], "an unlimited processor is no hop"
    assert tables.resource.shape == (10, 8, 4), "longest chain and a processor"


def test_no_cycles_no_processor_hop() -> None:
    tables = layout(small(**{"users.u.cycles_per_bit": 0, "routes.u": ["local", "up"]}))
    assert tables.name.tolist() == ["up"]
    assert tables.resource[0].tolist() == [[-1, -1], [0, -1]]
    drops = draw(small(**{"users.u.cycles_per_bit": 0, "routes.u": ["local", "up"]}))
    decision = records.build(model.Decision, split=np.tile([1.0, 0.0], (3, 2, 1)), rate=np.zeros((3, 2, 2, 2)))
    assert (model.evaluate(drops, decision).delay_s == 0).all()


def test_groups_share_a_link_and_keep_their_own_routes() -> None:
    bus = {"count": 3, "position_m": [50, 0, 2], "task_bits": 1e6, "cycles_per_bit": 10, "power_dbm": 30}
    scenario = Scenario(**{"users.bus": bus, "links.v2i.from": ["car", "bus"], "routes.bus": ["v2i > feeder"]})
    drops = draw(scenario)
    assert drops.group.tolist() == [0] * 6 + [1] * 3
    assert drops.route_ok[0, -1].tolist() == [True, False, False]
    assert (drops.resource[-1, 1:] == -1).all()
    same = draw(Scenario())
    np.testing.assert_array_equal(drops.peak[:, :6], same.peak)
    np.testing.assert_allclose(drops.on_power_w[0, -1, 0, 0], 1.0)


# --- drops ---


def test_hand_link_budget() -> None:
    """5 m at 1 GHz in free space, 20 dBm, -174 dBm/Hz over 1 MHz with a noise figure of 7 dB and 3 dB of antennas."""
    drops = draw(small(**{"links.up.noise_figure_db": 7, "links.up.antenna_gain_db": 3}))
    gain = (C / (4 * np.pi * 1e9 * 5)) ** 2 * 10**0.3
    snr = 0.1 * gain / (10**-20.4 * 1e6 * 10**0.7)
    np.testing.assert_allclose(drops.gain[:, :, 0], gain)
    np.testing.assert_allclose(drops.link_snr[:, :, 0], snr)
    np.testing.assert_allclose(drops.peak[:, :, 0, 0], 1e6 * np.log2(1 + snr))
    np.testing.assert_allclose(drops.latency_s, 2 * 5 / C)
    np.testing.assert_allclose(drops.energy_j[:, :, 0, 0], 0.1 * 1e6 / (1e6 * np.log2(1 + snr)))
    np.testing.assert_allclose(drops.energy_j[:, :, 0, 1], 1e-28 * (8e9 / 4) ** 2 * 1e8)
    assert (drops.on_power_w == 0).all()


def test_energy_and_latency_fields() -> None:
    changes = {"links.up.energy": "duration", "users.u.energy_weight": 0.5, "nodes.edge.energy_weight": 0}
    drops = draw(small(**changes, **{"links.up.latency_s": 0.01, "nodes.edge.latency_s": 0.02}))
    np.testing.assert_allclose(drops.on_power_w[:, :, 0, 0], 0.05)
    assert (drops.energy_j == 0).all()
    np.testing.assert_allclose(drops.latency_s, 0.03 + 10 / C)
    local = draw(small(**{"routes.u": ["local"], "users.u.switched_capacitance": 1e-27}))
    np.testing.assert_allclose(local.energy_j[..., 0], 1e-27 * 1e18 * 1e8)
    assert (local.latency_s == 0).all()


def test_wires_and_optical_links() -> None:
    wire = {"from": "u", "to": "edge", "rate_bps": 2e6}
    drops = draw(small(**{"links.up": wire}))
    np.testing.assert_array_equal(drops.peak[:, :, 0, 0], 2e6)
    assert (drops.energy_j[:, :, 0, 0] == 0).all(), "the power of the group is that of its radio"
    drops = draw(small(**{"links.up": {**wire, "power_dbm": 30, "distance_m": 0}}))
    np.testing.assert_allclose(drops.energy_j[:, :, 0, 0], 0.5)
    assert (drops.latency_s == 0).all()


def test_satellite_geometry() -> None:
    """550 km under 40 degrees: 812 066.374 m; gases are divided by the sine of the elevation."""
    changes = {"nodes.edge": {"altitude_m": 550e3, "elevation_deg": 40, "cpu_hz": 1e9}, "links.up.zenith_loss_db": 2}
    drops = draw(small(**changes))
    np.testing.assert_allclose(drops.distance_m, 812_066.374, rtol=1e-9)
    loss_db = 20 * np.log10(4 * np.pi * 1e9 * 812_066.374 / C) + 2 / np.sin(np.deg2rad(40))
    np.testing.assert_allclose(10 * np.log10(drops.gain), -loss_db, rtol=1e-8)


def test_air_to_ground_hand_value() -> None:
    changes = {"nodes.edge.position_m": [0, 0, 100], "users.u.position_m": [np.sqrt(500**2 - 100**2), 0, 0]}
    drops = draw(small(**changes, **{"links.up.carrier_hz": 2.4e9, "links.up.path_loss": "air_to_ground"}))
    np.testing.assert_allclose(drops.gain, 6.801141e-12, rtol=1e-6)


@pytest.mark.parametrize(
    ("law", "gain"),
    [
        ({"model": "power_law", "exponent": 3}, (C / (4 * np.pi * 1e9)) ** 2 / 125),
        ({"model": "log_distance"}, 10 ** (-(128.1 + 37.6 * np.log10(0.005)) / 10)),
        ("free_space", (C / (4 * np.pi * 1e9 * 5)) ** 2),
    ],
)
def test_path_losses(law, gain: float) -> None:
    np.testing.assert_allclose(draw(small(**{"links.up.path_loss": law})).gain, gain)


def test_more_users_keep_the_earlier_ones() -> None:
    few, many = draw(Scenario()), draw(Scenario(**{"users.car.count": 9}))
    for name, col in records.columns(model.Drops).items():
        if "user" in col.dims:
            part = np.take(getattr(many, name), range(6), axis=col.all_dims.index("user"))
            np.testing.assert_array_equal(part, getattr(few, name), err_msg=name)


def test_fixing_a_number_leaves_the_others_as_drawn() -> None:
    drawn, fixed = draw(Scenario()), draw(Scenario(**{"users.car.task_bits": 3e6, "nodes.leo.elevation_deg": 60}))
    np.testing.assert_array_equal(fixed.position_m, drawn.position_m)
    np.testing.assert_array_equal(fixed.fading, drawn.fading)
    np.testing.assert_allclose(fixed.cycles / 3e6, drawn.cycles / drawn.task_bits)
    assert uniform((2.0, 4.0), 0.5) == 3.0


def test_places_fading_and_shadows_have_their_laws() -> None:
    area = {"shape": "disc", "radius_m": 100, "center_m": [1000, 0]}
    fields = {"users.u.count": 400, "users.u.position_m": None, "users.u.area": area, "users.u.height_m": 2}
    radio = {"links.up.shadow_std_db": 8, "links.up.fading": "rayleigh", "links.up.antennas": 2}
    drops = draw(small(**fields, **radio))
    offset = drops.position_m[..., :2] - [1000, 0]
    radius = np.hypot(*np.moveaxis(offset, -1, 0))
    assert radius.max() <= 100
    assert np.mean(radius**2) == pytest.approx(5000, rel=0.1)
    assert (drops.position_m[..., 2] == 2).all()
    assert np.std(drops.shadow_db) == pytest.approx(8, rel=0.1)
    assert np.mean(np.abs(drops.fading) ** 2) == pytest.approx(1, rel=0.1)
    np.testing.assert_allclose(
        drops.gain[..., 0] / np.sum(np.abs(drops.fading[:, :, 0]) ** 2, axis=2) * 10 ** (drops.shadow_db[..., 0] / 10),
        (C / (4 * np.pi * 1e9 * drops.distance_m[..., 0])) ** 2,
    )


def test_mimo_counts_everybody_with_a_route_as_interferer() -> None:
    fields = {"links.up.access": "mimo", "links.up.antennas": 3, "links.up.fading": "rayleigh", "users.u.count": 3}
    drops = draw(small(**fields, **{"links.up.margin_db": 60}))
    assert drops.kind.tolist() == ["box", "linear"]
    mean = 1e-6 * (C / (4 * np.pi * 1e9 * 5)) ** 2
    heard = np.sqrt(0.1 * mean) * drops.fading[:, :, 0].swapaxes(1, 2)
    np.testing.assert_allclose(drops.link_snr[..., 0], mmse_sinr(heard, 10**-20.4 * 1e6), rtol=1e-9)


def test_a_user_without_a_usable_route_is_named() -> None:
    with pytest.raises(
        InputError, match=r"user 0 of u = 'up': must be a usable route .*latency 0.48 s, deadline 0.4 s"
    ):
        draw(small(**{"links.up.latency_s": 0.48, "users.u.deadline_s": 0.4}))
    silent = {
        "margin_db": 400,
        "noise_figure_db": 400,
        "antenna_gain_db": -400,
        "zenith_loss_db": 400,
        "power_dbm": -400,
    }
    silent |= {"noise_psd_dbm_per_hz": 400, "path_loss": {"model": "log_distance", "loss_1km_db": 400, "exponent": 20}}
    dead = small(**{f"links.up.{name}": value for name, value in silent.items()}, **{"links.up.distance_m": 1e7})
    with pytest.raises(InputError, match=r"no hop of a rate > 0"):
        draw(dead)
    beside = draw(dead.replace(**{"routes.u": ["local", "up"]}))
    assert beside.route_ok[0, 0].tolist() == [True, False]
    with pytest.raises(InputError, match=r"u and edge are in one place"):
        draw(small(**{"users.u.position_m": [0, 0, 0]}))


# --- own arrays ---


def own(drops: model.Drops, **arrays) -> model.Drops:
    fields = {name: getattr(drops, name) for name in records.columns(model.Drops)}
    changed = records.build(model.Drops, scenario=drops.scenario, seeds=drops.seeds, **{**fields, **arrays})
    return drawing.derive(changed, frozenset(arrays))


def test_own_arrays_carry_through() -> None:
    drops = draw(Scenario())
    for name in ("task_bits", "position_m", "gain", "peak", "elevation_deg"):
        again = own(drops, **{name: getattr(drops, name)})
        for other in records.columns(model.Drops):
            np.testing.assert_array_equal(getattr(again, other), getattr(drops, other), err_msg=f"{name}: {other}")
    moved = own(drops, position_m=np.add(drops.position_m, [1000.0, 0, 0]))
    assert (moved.peak[:, :, 1, 0] < drops.peak[:, :, 1, 0]).all()
    np.testing.assert_array_equal(moved.peak[:, :, 0], drops.peak[:, :, 0])
    louder = own(drops, gain=2 * drops.gain)
    np.testing.assert_allclose(louder.link_snr, 2 * drops.link_snr)
    bigger = own(drops, task_bits=2 * drops.task_bits)
    np.testing.assert_allclose(bigger.work[:, :, 1, 0], 2 * drops.work[:, :, 1, 0])
    slower = own(drops, peak=drops.peak / 2)
    np.testing.assert_allclose(slower.energy_j[:, :, 2, 1], 2 * drops.energy_j[:, :, 2, 1])
    np.testing.assert_allclose(slower.energy_j[:, :, 0, 0], drops.energy_j[:, :, 0, 0])
    closed = np.array(drops.peak)
    closed[:, :, 2, 1] = 0
    assert not own(drops, peak=closed).route_ok[:, :, 2].any()


# --- own accesses ---

OWN = """
from sagin.systems.network.access import Access, Region
def load(share, snr):
    total = 0.0
    for part in share:
        total = max(total, 2 * part)
    return total
def support(price, snr, point):
    point[:] = 0.5
    return 0.5 * price.sum()
half = Access(Region(load, support), energy="duration")
faster = Access("linear", snr=lambda received, noise_w: 7.0 + 0 * abs(received[:, 0]))
word = 3
"""


def test_own_access_and_sharing(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(OWN)
    scenario = small(**{"links.up.access": f"{path}:half", "nodes.edge.sharing": f"{path}:half"})
    drops = draw(scenario)
    assert drops.kind.tolist() == [f"{path}:half"] * 2
    assert kind_codes(drops).tolist() == [4, 4]
    assert len(own_regions(drops)) == 1
    np.testing.assert_allclose(drops.on_power_w[..., 0, 0], 0.1)
    rate = 0.4 * drops.peak
    metrics = model.evaluate(drops, records.build(model.Decision, split=np.ones((3, 2, 1)), rate=rate))
    np.testing.assert_allclose(metrics.load, 0.8)
    assert scenario.files() == (path,)
    faster = draw(small(**{"links.up.access": f"{path}:faster"}))
    np.testing.assert_allclose(faster.peak[..., 0, 0], 3e6)
    assert faster.kind.tolist() == ["linear", "linear"]
    for name, text in (("haf", "did you mean half"), ("word", "it is int")):
        with pytest.raises(InputError, match=text):
            small(**{"links.up.access": f"{path}:{name}"})
    path.write_text("import no_such_package")
    with pytest.raises(InputError, match="no_such_package"):
        small(**{"links.up.access": f"{path}:half"})


# --- what is shown ---


@pytest.mark.parametrize("name", ["road", "sensors", "sea"])
def test_budget_names_every_link_and_route(name: str) -> None:
    scenario = Scenario.from_file(EXAMPLES / f"{name}.yaml")
    rows = budget(draw(scenario))
    labels = " ".join(label for label, *_ in rows)
    assert all(f"{link}:" in labels for link in scenario.links)
    assert all(f"{text}:" in labels for texts in scenario.routes.values() for text in texts)
    assert all(np.isfinite(value) for _, value, _ in rows)


@pytest.mark.parametrize("name", ["road", "sensors", "sea"])
def test_figures_of_a_network_use_its_own_names(name: str) -> None:
    scenario = Scenario.from_file(EXAMPLES / f"{name}.yaml")
    for figure in figures.figures_of(scenario):
        for curve in figure.curves:
            for point in range(len(figure.axis.values)):
                values = Scenario(**{**figure.fixed, **curve.overrides, **figure.axis.at(point)})
                assert values.nodes == scenario.nodes


def test_reasons_name_user_deadline_route_and_resource() -> None:
    system = sagin.system("network")
    drops = draw(Scenario.from_file(EXAMPLES / "sea.yaml"), [0])
    split, rate = np.zeros((1, 8, 4)), np.zeros((1, 8, 4, 3))
    split[..., 2] = 1.0  # everybody over air > relay, each at a fourth of the peak rates
    rate[:, :, 2] = drops.peak[:, :, 2] / 4
    text = system.reasons(drops, records.build(model.Decision, split=split, rate=rate))[0]
    assert "capacity by 1 (" in text
    assert "air: load 2" in text
    late = np.argmax(model.evaluate(drops, model.Decision(split, rate)).delay_s[0] / drops.deadline_s[0])
    assert f"user {late} (ship): " in text
    assert f"deadline {drops.deadline_s[0, late]:.4g} s, last over air > relay" in text
    best = system.solve(drops, "improved", threads=1).decision
    assert system.reasons(drops, best) == [""]


def test_paper_system_as_a_network() -> None:
    """rsu_only of dm_mimo_vec: one band charged by duration, a processor for every task; the same objective."""
    paper, network = sagin.system("dm_mimo_vec"), sagin.system("network")
    source = paper.sample(seeds=[0, 1])
    bits, cycles = source.task_bits, source.task_bits * source.cycles_per_bit
    n = bits.shape[1]
    link = {"from": "car", "to": "rsu", "energy": "duration", "rate_bps": 1e6, "power_dbm": 20}
    scenario = Scenario(
        users={"car": {"count": n, "position_m": [0, 0, 0], "task_bits": 1e6, "cycles_per_bit": 1}},
        nodes={"rsu": {"position_m": [0, 0, 0], "cpu_hz": 1e9, "sharing": "per_task"}},
        links={"up": link},
        routes={"car": ["up"]},
        objective={"kind": "sum", "beta": source.beta},
    )
    zero = np.zeros_like(bits)
    upload = shannon_rate(source.bandwidth_ground_hz, ground_snr(source))
    energy = source.switched_capacitance_rsu * source.rsu_clock_hz**2 * cycles
    hops = {"peak": (upload, source.cpu_rsu_hz), "energy_j": (zero, energy), "on_power_w": (source.p_vehicle_w, zero)}
    arrays = {name: np.stack(pair, axis=-1)[:, :, None] for name, pair in hops.items()}
    drops = network.drops_from(scenario, task_bits=bits, cycles=cycles, deadline_s=zero + source.t_max_s, **arrays)
    same = paper.evaluate(source, paper.solve(source, "rsu_only", threads=1).decision).objective
    best = network.evaluate(drops, network.solve(drops, "improved", threads=1).decision)
    assert records.feasible(best).all()
    np.testing.assert_allclose(best.objective, same, rtol=1e-9)
    np.testing.assert_allclose(network.bound(drops, threads=1), same, rtol=1e-6)


def test_own_region_is_solved_and_certified(tmp_path: Path) -> None:
    path = tmp_path / "own.py"
    path.write_text(OWN)
    system = sagin.system("network")
    for field in ("links.v2i.access", "nodes.rsu.sharing"):
        drops = draw(Scenario(**{field: f"{path}:half"}), [0, 1])
        metrics = system.evaluate(drops, system.solve(drops, "improved", threads=1).decision)
        assert records.feasible(metrics).all()
        gap = metrics.objective / system.bound(drops, threads=1) - 1
        assert (gap > -1e-9).all()
        assert (gap < 0.05).all()


def test_schemes_that_a_network_has_not_are_left_out_unless_named() -> None:
    system = sagin.system("network")
    without = Scenario(**{"routes.car": ["v2i", "v2i > feeder"]})
    assert "local" in choose(system, ["all"], Scenario())
    assert "local" not in choose(system, ["all"], without)
    assert "full_offload" not in choose(system, ["baseline"], Scenario(**{"routes.car": ["local"]}))
    with pytest.raises(InputError, match="for users with the route local"):
        system.solve(draw(without, [0]), choose(system, ["local"], without)[0])
    axes = {"routes.car": [["local", "v2i"], ["v2i"]]}
    assert "local" not in Study("network", axes=axes, schemes=["baseline"], seeds=[0]).schemes


def test_what_a_declaration_leaves_out_is_open_to_readings_and_what_it_gives_is_not() -> None:
    open_ = {factor.name: factor.values for factor in factors(sagin.system("network")) if not factor.option}
    assert open_["links.v2i.energy"] == (None, "airtime", "duration")
    assert open_["nodes.leo.sharing"] == ("shared", "per_task")
    assert "links.feeder.access" in open_
    assert "links.v2i.access" not in open_


def test_describe_shows_the_figures_of_the_declared_network(capsys: pytest.CaptureFixture[str]) -> None:
    assert main.run(["describe", "network", "--scenario", str(EXAMPLES / "sea.yaml")]) == 0
    shown = capsys.readouterr().out
    assert "number of users (ship)" in shown
    assert "(car)" not in shown
