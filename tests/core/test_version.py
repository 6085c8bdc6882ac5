import re

import sagin
from sagin.core import version


def test_one_version() -> None:
    assert sagin.__version__ == version.__version__
    assert re.fullmatch(r"\d+\.\d+\.\d+\w*", version.__version__)
