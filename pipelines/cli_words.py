"""Commands that speak Bulgarian: help, usage and every error of the parser, and faults of the machine in one sentence.

The parser behind typer has its sentences in English in its code; `in_bulgarian` replaces those that a user can meet.
"""

import re
import sys
from functools import cache
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from ossu_analysis.errors import OssuError, place_fault
from ossu_analysis.texts import text

WRONG_WORDS, FAILED = 2, 1
ENGLISH = {
    "usage": r"^Usage: ",
    "options_meta": r"\[OPTIONS\]",
    "command_meta": r"COMMAND \[ARGS\]\.\.\.",
    "options": r"^Options:",
    "arguments": r"^Arguments:",
    "commands": r"^Commands:",
    "help": r"Show this message and exit\.",
    "required": r"\[required\]",
    "default_required": r"; required\]",
    "default": r"\[default:(\s)",
    "integer": r"<int>(?:  )?",
    "whole_range": r"<int range>(?:  )?",
    "float": r"<float>",
    "strings": r"<list\[str\]>",
    "string": r"<str>(?:  )?",
    "path": r"<Path>|<path>",
    "try_help": r"Try '(.+?)' for help\.",
    "no_option": r"No such option: (\S+?)\.?(?=$| )",
    "possible": r"\(Possible options: (.+)\)",
    "did_you_mean": r"\(?Did you mean (.+?)\??\)?$",
    "no_command": r"No such command '(.+?)'\.",
    "missing_command": r"Missing command\.",
    "missing": r"Missing (?:option|argument|parameter) '(.+?)'\.",
    "invalid": r"Invalid value for (.+?): ",
    "not_integer": r"Input should be a valid integer.*",
    "not_number": r"Input should be a valid number.*",
    "not_boolean": r"Input should be a valid boolean.*",
    "not_less": r"Input should be greater than or equal to (\S+)",
    "not_more": r"Input should be less than or equal to (\S+)",
    "requires": r"Option '(.+?)' requires an argument\.",
    "no_value": r"Option '(.+?)' does not take a value\.",
    "extra": r"Got unexpected extra arguments?(?:\(s\))? \((.+?)\)",
    "error": r"^Error: ",
    "aborted": r"Aborted[.!]",
}
"""Patterns of what the parser says, in the order in which they are replaced by the texts of the same name."""


def in_bulgarian(said: str) -> str:
    """Help or an error of the parser with its English words replaced."""
    for pattern, words in _replacements():
        said = pattern.sub(words, said)
    return said


@cache
def _replacements() -> list[tuple[re.Pattern[str], str]]:
    return [(re.compile(said, re.MULTILINE), text(f"cli.words.{name}")) for name, said in ENGLISH.items()]


class Command(TyperCommand):
    """A command whose help is in Bulgarian."""

    def get_help(self, ctx: Any) -> str:
        """Help as it is printed."""
        return in_bulgarian(super().get_help(ctx))


class Commands(TyperGroup):
    """All commands; whatever goes wrong ends in one sentence and an exit code, never in a traceback."""

    def get_help(self, ctx: Any) -> str:
        """Help as it is printed."""
        return in_bulgarian(super().get_help(ctx))

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command and leave with its exit code."""
        try:
            code = super().main(*args, **(kwargs | {"standalone_mode": False}))
        except typer.Abort:
            code = _said(text("cli.words.aborted"), FAILED)
        except Exception as error:
            code = _answered(error)
        sys.exit(code if isinstance(code, int) else 0)


def _answered(error: Exception) -> int:
    if hasattr(error, "format_message"):  # the parser's own, whose class typer keeps to itself
        context = getattr(error, "ctx", None)
        usage = f"{context.get_usage()}\n" if context else ""
        is_help = type(error).__name__ == "NoArgsIsHelpError"
        said = error.format_message() if is_help else f"{usage}Error: {error.format_message()}"
        return _said(in_bulgarian(said), WRONG_WORDS)
    known = error if isinstance(error, OssuError) else place_fault(error)
    if known is None:
        raise error
    return _said(str(known), FAILED)


def _said(sentence: str, code: int) -> int:
    typer.echo(sentence, err=True)
    return code
