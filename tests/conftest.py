"""For every test: a figure that outlives a test is handed to it as its own, so that no other test sees a change.

Frames of fixtures of a wider scope come as copies (pandas copies on write, so that this costs nothing), arrays as
read-only views; both also inside dictionaries, lists and data classes. Folders are copied by the fixtures themselves.
"""

import copy
import dataclasses
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest


def own(value: Any) -> Any:
    """The same figures, which may be changed without anybody else seeing it, or cannot be changed."""
    if isinstance(value, (pd.DataFrame, pd.Series)):
        return value.copy(deep=False)
    if isinstance(value, np.ndarray):
        view = value.view()
        view.flags.writeable = False
        return view
    if type(value) is dict:
        return {key: own(entry) for key, entry in value.items()}
    if type(value) in (list, tuple):
        return type(value)(own(entry) for entry in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and hasattr(value, "__dict__"):
        twin = copy.copy(value)
        for name, entry in vars(value).items():
            object.__setattr__(twin, name, own(entry))
        return twin
    return value


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    for name, definitions in item._fixtureinfo.name2fixturedefs.items():
        if definitions[-1].scope != "function" and name in item.funcargs:
            item.funcargs[name] = own(item.funcargs[name])
    return (yield)
