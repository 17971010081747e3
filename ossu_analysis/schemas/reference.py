"""Tables of the link ``reference``: code lists, crosswalks, sources, assumptions and rules."""

import pandas as pd

from ossu_analysis.schemas.base import MUNICIPALITY, OBLAST, Table, column, declare

REGION = r"^BG\d{2}$"


@declare("reference", "region", "Райони за планиране (NUTS 2)")
class Region(Table):
    """The six planning regions."""

    region_code: str = column("код на района за планиране (NUTS 2)", str_matches=REGION, unique=True)
    name_bg: str = column("наименование")
    name_en: str = column("наименование на английски")


@declare("reference", "oblast", "Области")
class Oblast(Table):
    """The 28 oblasts with the codes of NSI and of Eurostat."""

    oblast_code: str = column("код на областта (НСИ)", str_matches=OBLAST, unique=True)
    name_bg: str = column("наименование")
    name_en: str = column("наименование на английски")
    region_code: str = column("район за планиране", str_matches=REGION)
    nuts3_code: str = column("код NUTS 3 на Евростат", str_matches=r"^BG\d{3}$", unique=True)


@declare("reference", "municipality", "Общини: 265, с наименование, област, категория, център и площ")
class Municipality(Table):
    """The 265 municipalities. Names are not keys: two are called Бяла (RSE04 and VAR05)."""

    municipality_code: str = column("код на общината (НСИ)", str_matches=MUNICIPALITY, unique=True)
    name_bg: str = column("наименование")
    name_en: str = column("наименование на английски")
    oblast_code: str = column("област", str_matches=OBLAST)
    category: int = column("категория на общината, 0 (столица) до 5", ge=0, le=5)
    seat_lat: float = column("ширина на общинския център, закръглена до 0,01", "градуси", ge=41, le=45)
    seat_lon: float = column("дължина на общинския център, закръглена до 0,01", "градуси", ge=22, le=29)
    area_km2: float = column("площ", "кв. км", gt=0)
    valid_from: pd.Int64Dtype = column("първа година с този код; NULL: преди 2000 г.", "година", nullable=True)
    valid_to: pd.Int64Dtype = column("последна година с този код; NULL: и сега", "година", nullable=True)


@declare("reference", "area_change", "Промени на общините: стар код, нов код, година и дял")
class AreaChange(Table):
    """Dated crosswalk; ``share`` of the old unit that went to the new one, NULL when it is to be computed from data."""

    old_code: str = column("код преди промяната", str_matches=MUNICIPALITY)
    new_code: str = column("код след промяната", str_matches=MUNICIPALITY)
    year: int = column("първа година с данни по новия код", "година")
    kind: str = column("вид: recode прекодиране, split отделяне", isin=("recode", "split"))
    share: float = column("дял от населението на старата единица в годината на промяната", "дял", ge=0, le=1)
    note_bg: str = column("какво е станало")
    source_bg: str = column("откъде е числото")
