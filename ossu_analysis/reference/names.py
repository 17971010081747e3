"""Which area does somebody mean? Names and codes as people write them, and the nearest ones when nothing fits."""

from collections.abc import Collection
from difflib import get_close_matches

from ossu_analysis.errors import OssuError
from ossu_analysis.reference.areas import COUNTRY
from ossu_analysis.reference.tables import read_reference_table
from ossu_analysis.store import Store
from ossu_analysis.texts import text

LEVELS = ("country", "oblast", "municipality")
NEAREST = 3


def area_code(store: Store, typed: str, levels: Collection[str] = LEVELS) -> str:
    """Code of an area from its code or its Bulgarian name, in any case.

    Parameters
    ----------
    store : Store
        Whose code lists are read.
    typed : str
        What somebody typed: ``sml02``, ``Баните``, ``област Смолян``.
    levels : collection of str
        Which of `LEVELS` are meant.

    Raises
    ------
    OssuError
        ``common.which_area`` when several areas have that name; ``common.no_area`` when none has.
    """
    known = _named(store, levels)
    wanted = typed.strip().casefold()
    for prefix in (text("reference.prefix.oblast"), text("reference.prefix.municipality")):
        wanted = wanted.removeprefix(f"{prefix} ")
    codes = [code for code, name in known if wanted in (code.casefold(), name.casefold())]
    if len(codes) == 1:
        return codes[0]
    if codes:
        listed = ", ".join(f"{code} ({name})" for code, name in known if code in codes)
        raise OssuError("common.which_area", said=typed, listed=listed)
    names = {name.casefold(): f"{name} ({code})" for code, name in known} | {code.casefold(): code for code, _ in known}
    near = get_close_matches(wanted, names, NEAREST, cutoff=0.5)
    raise OssuError("common.no_area", said=typed, nearest=", ".join(names[one] for one in near) or "–")


def spellings(store: Store, lists: Collection[str]) -> dict[str, str]:
    """Code by what people write for it, in lower case; the codes of a name that several have, divided by commas.

    Parameters
    ----------
    store : Store
    lists : collection of str
        Code lists of ``data/reference``: ``municipality``, ``oblast``, ``service``, ``target_group``.
    """
    known = dict[str, str]()
    for table in lists:
        rows = read_reference_table(store, table, skip=("criterion_loaded",) if table == "service" else ())
        codes = rows[table if table == "target_group" else f"{table}_code"]
        for column in (codes.name, "name_bg", "short_name_bg"):
            for said, code in zip(rows[column].str.casefold() if column in rows else (), codes, strict=False):
                former = known.get(said, code)
                known[said] = code if code in former.split(", ") else f"{former}, {code}"
    return known


def _named(store: Store, levels: Collection[str]) -> list[tuple[str, str]]:
    named = [(COUNTRY, text("report.words.country"))] if "country" in levels else []
    for level in ("oblast", "municipality"):
        if level in levels:
            rows = read_reference_table(store, level)
            named += [(str(code), str(name)) for code, name in rows[[f"{level}_code", "name_bg"]].to_numpy()]
    return named
