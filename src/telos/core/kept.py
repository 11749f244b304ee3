"""Records that can be pickled and copied: their fields by value, their arrays read-only afterwards."""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np


def fields_by_value(record: Any) -> dict[str, Any]:
    """The `__getstate__` of a frozen record: its fields and nothing derived from them.

    An array that is mapped from a file becomes an array in memory; a read-only mapping a dictionary.
    """
    return {field.name: _plain(getattr(record, field.name)) for field in dataclasses.fields(record)}


def fields_as_they_were(record: Any, state: Mapping[str, Any]) -> None:
    """The `__setstate__` of a frozen record: arrays and mappings are read-only again."""
    for name, value in state.items():
        object.__setattr__(record, name, _frozen(value))


def _plain(value: Any) -> Any:
    if isinstance(value, np.memmap):
        return np.array(value, subok=False)
    if isinstance(value, MappingProxyType):
        return {name: _plain(each) for name, each in value.items()}
    return value


def _frozen(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        value.setflags(write=False)
        return value
    if isinstance(value, dict):
        return MappingProxyType({name: _frozen(each) for name, each in value.items()})
    if type(value) is tuple and any(isinstance(each, np.ndarray) for each in value):
        return tuple(_frozen(each) for each in value)
    return value
