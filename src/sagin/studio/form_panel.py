"""The form of the scenario: every declared parameter with its unit, bounds and source; search, reset, YAML."""

from __future__ import annotations

from typing import Any

import yaml
from nicegui import ui

from sagin.core import plain_yaml
from sagin.core.errors import InputError
from sagin.studio import fields
from sagin.studio.fields import Entry
from sagin.studio.session import Session, forgetful
from sagin.studio.state import State, plain_default

MOST_YAML = 200_000  # bytes


class FormPanel:
    """Builds the form and keeps it in step with the state."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.inputs: dict[str, Any] = {}
        self.rows: dict[str, tuple[Entry, Any, Any]] = {}
        self.groups: dict[str, Any] = {}
        self.members: dict[str, list[Entry]] = {}  # of each group; its widgets are made when it is opened
        self.shown: State | None = None
        self.quiet = False
        with ui.row().classes("w-full items-center no-wrap"):
            self.search = ui.input("Search parameters", on_change=self._filter).props("dense outlined clearable")
            self.search.classes("grow").mark("search")
            ui.button(icon="restart_alt", on_click=self._reset_all).props(
                'flat round aria-label="Reset all parameters"'
            ).tooltip("Reset all parameters")
        self.message = ui.label().classes("studio-error w-full").props('role="alert"')
        self.body = ui.column().classes("w-full gap-0")
        with ui.row().classes("w-full"):
            ui.button("YAML out", on_click=self._download).props("outline dense no-caps")
            ui.upload(
                label="YAML in", auto_upload=True, max_file_size=MOST_YAML, on_upload=forgetful(self._upload)
            ).props('accept=".yaml,.yml,.json" flat bordered').classes("studio-upload")
        session.on("state", self._state)
        session.on("status", self._errors)
        self._build()

    def _build(self) -> None:
        """All fields anew: another system, a file, a reset."""
        self.shown = self.session.state
        opened = {name for name, group in self.groups.items() if group.value}
        for known in (self.inputs, self.rows, self.groups):
            known.clear()
        self.body.clear()
        try:
            found = fields.entries(self.session.state.scenario())
        except InputError as error:
            found = fields.entries(self.session.state.base.scenario())
            self.session.error = error
        self.members = {}
        for entry in found:
            self.members.setdefault(entry.group, []).append(entry)
        with self.body:
            for place, (name, members) in enumerate(self.members.items()):
                open_now = place == 0 or name in opened or any(entry.changed for entry in members)
                group = ui.expansion(name, value=open_now, on_value_change=lambda _, name=name: self._open(name))
                self.groups[name] = group.classes("w-full studio-group").mark(f"group-{name}")
                if open_now:
                    self._open(name)

    def _open(self, name: str) -> None:
        """The widgets of a group, when it is opened for the first time."""
        with self.groups[name]:
            for entry in self.members[name]:
                if entry.row.name not in self.rows:
                    self._row(entry)

    def _row(self, entry: Entry) -> None:
        row = entry.row
        with ui.column().classes("w-full gap-0 studio-field") as box:
            with ui.row().classes("w-full items-center no-wrap gap-1"):
                widget = self._widget(entry)
                reset = ui.button(icon="undo", on_click=lambda _, name=row.name: self._reset(name))
                reset.props(f'flat round dense size=sm aria-label="Reset {row.name}"')
                reset.set_visibility(entry.changed)
            if entry.kind == "number" and entry.slides:
                slider = ui.slider(
                    min=entry.low, max=entry.high, step=entry.step, value=min(max(row.value, entry.low), entry.high)
                )
                slider.props(f'dense aria-label="{row.name} slider"').mark(f"slider-{row.name}")
                slider.on(
                    "update:model-value", lambda event, e=entry, w=widget: self._slide(e, w, event.args), throttle=0.08
                )
                self.inputs[f"{row.name}/slider"] = slider
        self.inputs[row.name] = widget
        self.rows[row.name] = (entry, box, reset)

    def _widget(self, entry: Entry) -> Any:
        row, name = entry.row, entry.row.name
        label = name.rpartition(".")[2].replace("_", " ") + (f" ({row.symbol})" if row.symbol else "")
        if entry.kind == "switch":
            widget: Any = ui.switch(label, value=row.value, on_change=lambda event: self._given(entry, event.value))
        elif entry.kind == "choice":
            widget = ui.select(
                list(entry.choices),
                label=label,
                value=row.value,
                on_change=lambda event: self._given(entry, event.value),
            ).props("dense outlined")
        elif entry.kind == "number":
            widget = ui.number(label, value=row.value, on_change=lambda event: self._given(entry, event.value))
            widget.props(f'dense outlined debounce=150 suffix="{row.unit}"')
        else:
            widget = ui.input(
                label,
                value=fields.shown(row.value),
                on_change=lambda event: self._given(entry, fields.parse(event.value or "")),
            ).props("dense outlined debounce=400")
        widget.classes("grow").mark(f"field-{name}")
        with widget:
            ui.tooltip(f"{name}: {fields.about(row)}").props("max-width=320px")
        return widget

    def _slide(self, entry: Entry, widget: Any, value: Any) -> None:
        """The slider was moved: its number follows, which asks for the answer."""
        if isinstance(value, int | float):
            widget.set_value(int(value) if entry.whole else float(f"{value:.12g}"))

    def _given(self, entry: Entry, value: Any) -> None:
        if self.quiet:
            return
        if entry.whole and isinstance(value, float) and value.is_integer():
            value = int(value)
        slider = self.inputs.get(f"{entry.row.name}/slider")
        if slider is not None and isinstance(value, int | float):
            slider.set_value(min(max(value, entry.low), entry.high))
        self.shown = self.session.state.put(entry.row.name, value)
        self.session.put(self.shown)

    def _reset(self, name: str) -> None:
        default = plain_default(self.session.state.base.scenario, name)
        state = self.session.state
        self.session.put(
            State(**{**vars(state), "fields": {key: old for key, old in state.fields.items() if key != name}})
        )
        if name in self.inputs and default is not None:
            self._build()

    def _reset_all(self) -> None:
        self.session.change(fields={})
        self._build()

    def _state(self) -> None:
        """Marks of changed fields; all anew where the state came from elsewhere."""
        state = self.session.state
        if self.shown is None or state.system != self.shown.system or state.fields != self.shown.fields:
            self._build()
            return
        for name, (_, box, reset) in self.rows.items():
            given = name in state.fields
            reset.set_visibility(given)
            box.classes(add="studio-changed" if given else "", remove="" if given else "studio-changed")

    def _errors(self) -> None:
        """The message of a bad input beside its field, or above all where it belongs to none."""
        error = self.session.error
        beside = error.field if error else ""
        for name, widget in self.inputs.items():
            if hasattr(widget, "error") and "/" not in name:
                wanted = str(error) if name == beside else None
                if widget.error != wanted:
                    widget.error = wanted
        self.message.set_text(str(error) if error and beside not in self.inputs else "")
        self.message.set_visibility(bool(self.message.text))

    def _filter(self) -> None:
        words = self.search.value or ""
        for name, group in self.groups.items():
            fitting = [entry.row.name for entry in self.members[name] if not words or fields.matches(entry, words)]
            group.set_visibility(bool(fitting))
            if words:
                group.set_value(bool(fitting))  # which makes its widgets
            for entry in self.members[name]:
                if entry.row.name in self.rows:
                    self.rows[entry.row.name][1].set_visibility(entry.row.name in fitting)

    def _download(self) -> None:
        text = yaml.safe_dump(
            dict(self.session.state.fields) or self.session.state.scenario().to_dict(), sort_keys=False
        )
        ui.download.content(text.encode(), f"{self.session.state.system}.yaml")

    async def _upload(self, event: Any) -> None:
        try:
            data = await event.file.read()
            if len(data) > MOST_YAML:
                raise InputError("file", f"{len(data)} bytes", f"at most {MOST_YAML}")
            given = plain_yaml.load(data.decode("utf-8", "strict"))
            if not isinstance(given, dict):
                raise InputError("file", event.file.name, "a mapping of fields to values")
            self.session.state.base.scenario(**given)
            self.session.change(fields=given)
        except (InputError, UnicodeDecodeError) as error:
            ui.notify(str(error), type="negative")
