from sagin import InputError
from sagin.core.errors import one_of


def test_one_line_with_field_value_bound_and_reason() -> None:
    error = InputError("n_vehicles", 0, ">= 1", "number of vehicles")
    assert str(error) == "n_vehicles = 0: must be >= 1 (number of vehicles)"
    assert isinstance(error, ValueError)


def test_long_values_are_cut_and_stay_on_one_line() -> None:
    text = str(InputError("x", "a\n" * 500, "short"))
    assert "\n" not in text
    assert len(text) < 130


def test_values_of_any_size_make_a_short_message() -> None:
    cyclic: list = []
    cyclic.append(cyclic)
    deep: list = []
    for _ in range(10_000):
        deep = [deep]
    bomb: list = [1] * 9
    for _ in range(9):
        bomb = [bomb] * 9
    for value in (
        cyclic,
        deep,
        bomb,
        10**5000,
        -(10**400),
        "x" * 10**7,
        {"a": bomb},
        {str(i): bomb for i in range(99)},
    ):
        assert len(str(InputError("field", value, "short"))) < 200
    long = str(InputError("f" * 5000, 1, "b" * 5000, "r" * 5000))
    assert len(long) < 1500


def test_messages_cannot_command_a_terminal() -> None:
    nasty = "\x1b[31m\x07\u202e\x9b\r"
    error = InputError(nasty, nasty, nasty, nasty)
    assert str(error).isprintable()
    assert error.field == nasty
    assert "\\x1b[31m" in str(error)
    assert "Größe − 3 μW" in str(InputError("Größe − 3 μW", 1, "x"))


def test_of_many_names_only_the_nearest_are_listed() -> None:
    assert one_of("x", ["a", "b"]) == "one of a, b"
    names = [f"array_{i}" for i in range(40)] + ["task_bits"]
    assert one_of("tasks", names).startswith("one of 41 names such as task_bits")
    assert len(one_of("@", names)) < 80
