from sagin import InputError


def test_one_line_with_field_value_bound_and_reason() -> None:
    error = InputError("n_vehicles", 0, ">= 1", "number of vehicles")
    assert str(error) == "n_vehicles = 0: must be >= 1 (number of vehicles)"
    assert isinstance(error, ValueError)


def test_long_values_are_cut_and_stay_on_one_line() -> None:
    text = str(InputError("x", "a\n" * 500, "short"))
    assert "\n" not in text
    assert len(text) < 130
