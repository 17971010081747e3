"""Kinds of money that a service lives on, by the codes of returns: the words beside them stand in the texts."""

from typing import Literal, get_args

FundingType = Literal["state_delegated", "municipal", "mixed", "project", "donation"]
FUNDING_TYPES: tuple[str, ...] = get_args(FundingType)
