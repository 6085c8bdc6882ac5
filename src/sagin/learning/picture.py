"""A small picture of a slot: the sky, the roads, and how far from the bound the episode has been so far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sagin.learning.pool import Pool

WIDTH, HEIGHT, DPI = 480, 320, 80


def draw_slot(pool: Pool, episode: int, slot: int, gaps: Sequence[float]) -> np.ndarray:
    """(320, 480, 3) uint8."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    grid = figure.add_gridspec(2, 2, height_ratios=(2, 1))
    _draw_sky(figure.add_subplot(grid[0, 0]), pool, episode, slot)
    _draw_roads(figure.add_subplot(grid[0, 1]), pool, episode, slot)
    axes = figure.add_subplot(grid[1, :])
    axes.plot(np.clip(100 * np.asarray(gaps, dtype=float), 0, 1000), color="tab:blue", marker=".", markersize=3)
    axes.set_xlim(0, max(int(pool.length[episode]) - 1, 1))
    axes.set_ylim(bottom=0)
    axes.set_ylabel("gap (%)", fontsize=7)
    axes.tick_params(labelsize=6)
    figure.suptitle(f"seed {pool.seeds[episode]}, slot {slot}", fontsize=8)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def _bare(axes: Any, title: str, limit: float) -> None:
    axes.set_title(title, fontsize=7)
    axes.set_aspect("equal")
    axes.set_xlim(-limit, limit)
    axes.set_ylim(-limit, limit)
    axes.set_xticks([])
    axes.set_yticks([])


def _draw_sky(axes: Any, pool: Pool, episode: int, slot: int) -> None:
    """Elevation as distance from the rim, north up, as one lies below it."""
    _bare(axes, "sky", 95)
    turn = np.linspace(0, 2 * np.pi, 91)
    for ring in (30, 60, 90):
        axes.plot(ring * np.cos(turn), ring * np.sin(turn), color="0.8", linewidth=0.6)
    seats = pool.episodes[episode].satellites
    if seats is not None:
        low = 90 - np.rad2deg(seats.elevation_rad[slot])
        axes.scatter(low * np.sin(seats.azimuth_rad[slot]), low * np.cos(seats.azimuth_rad[slot]), s=14, c="tab:orange")


def _draw_roads(axes: Any, pool: Pool, episode: int, slot: int) -> None:
    users = pool.episodes[episode].users
    reach = 1.0 if users is None else float(np.nanmax(np.hypot(users.east_m, users.north_m), initial=1.0))
    _bare(axes, f"roads, {2 * reach:.0f} m across", 1.05 * reach)
    axes.plot(0, 0, marker="^", color="black", markersize=5)
    if users is not None:
        axes.scatter(users.east_m[slot], users.north_m[slot], s=10, c="tab:blue")
