"""Tables of the link ``collection``."""

import pandas as pd
import pandera.pandas as pa

from ossu_analysis.errors import BLOCKING, NOTICE, TO_CHECK
from ossu_analysis.funding import FUNDING_TYPES
from ossu_analysis.schemas.base import MUNICIPALITY, Table, column, declare, status_column

DAY = r"^\d{4}-\d{2}-\d{2}$"
SOURCE_CLASSES = ("official", "municipal_study", "context", "demonstration")


@declare("collection", "return", "Отчети на общините за социалните услуги: по община, услуга и период")
class Return(Table):
    """What municipalities reported, one row per municipality, service and period; no row means no service."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата, както е отчетена (LEG-OLD остава LEG-OLD)")
    period_start: str = column("първи ден на периода", str_matches=DAY)
    period_end: str = column("последен ден на периода; числата са към него", str_matches=DAY)
    services_count: pd.Int64Dtype = column("брой услуги (заведения)", "услуги", nullable=True, ge=0)
    places: pd.Int64Dtype = column("места", "места", nullable=True, ge=0)
    users: pd.Int64Dtype = column("потребители към последния ден", "лица", nullable=True, ge=0)
    waiting: pd.Int64Dtype = column("чакащи към последния ден; NULL: не е отчетено", "лица", nullable=True, ge=0)
    approved: pd.Int64Dtype = column(
        "одобрени потребители за годината; NULL: не е отчетено", "лица", nullable=True, ge=0
    )
    map_number: pd.Int64Dtype = column(
        "потребители по Националната карта; NULL: не е отчетено", "лица", nullable=True, ge=0
    )
    staff_posts: float = column("щатни бройки; може и половин", "бройки", nullable=True, ge=0)
    staff_filled: float = column("заети щатни бройки", "бройки", nullable=True, ge=0)
    funding_type: str = column(
        "финансиране: state_delegated ДДД, municipal общинска, mixed смесена, project проект, donation дарение",
        isin=FUNDING_TYPES,
        nullable=True,
    )
    funding_end: str = column("последен ден на проекта или дарението", str_matches=DAY, nullable=True)
    mobile_to: str = column("общини, в които ходи мобилен екип, разделени с „|“; NULL: няма екип", nullable=True)
    empty_since: str = column(
        "ден, от който няма потребители; NULL: има или не е отчетено", str_matches=DAY, nullable=True
    )
    source_id: str = column("откъде идва редът: файлът в data/inbox или съчинените отчети")
    source_class: str = column("вид на източника", isin=SOURCE_CLASSES)
    published_total: bool = column("съгласувано ли е с публикувана обща стойност за същата година")
    status: str = status_column()
    note: str = column("забележка", nullable=True)

    @pa.dataframe_check
    @classmethod
    def places_hold_users(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """More users than places only with a remark that explains it."""
        over = (table["users"] > table["places"]).fillna(False)
        return ~over | (table["note"].fillna("") != "")

    @pa.dataframe_check
    @classmethod
    def periods_run_forward(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """A period ends after it starts."""
        return table["period_start"] < table["period_end"]


@declare(
    "collection", "residence", "Потребители по община на адреса: кой кого обслужва, по отчета на обслужващата община"
)
class Residence(Table):
    """Users of one service in one municipality by where they live; nobody listed means nobody reported on."""

    municipality_code: str = column("община, в която е услугата", str_matches=MUNICIPALITY)
    home_code: str = column("община на адреса на потребителите", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата, както е отчетена")
    period_start: str = column("първи ден на периода", str_matches=DAY)
    period_end: str = column("последен ден на периода; числата са към него", str_matches=DAY)
    users: pd.Int64Dtype = column("потребители към последния ден", "лица", ge=0)
    source_id: str = column("откъде идва редът: файлът в data/inbox или съчинените отчети")
    status: str = status_column()

    class Config:
        """One row per serving municipality, municipality of address, service and period."""

        unique = ("municipality_code", "home_code", "service_code", "period_end")


@declare(
    "collection",
    "user_profile",
    "Потребители по пол и възраст, по отчетите на общините; празна, когато никой не ги дава",
)
class UserProfile(Table):
    """Users of one service in one municipality by sex and age; without rows nothing is known of their ages."""

    municipality_code: str = column("община, в която е услугата", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата, както е отчетена")
    period_start: str = column("първи ден на периода", str_matches=DAY)
    period_end: str = column("последен ден на периода; числата са към него", str_matches=DAY)
    sex: str = column("пол: F жени, M мъже", isin=("F", "M"))
    age_from: int = column("първа навършена възраст на групата", "години", ge=0, le=120)
    age_to: pd.Int64Dtype = column(
        "последна възраст на групата; NULL значи отворена група", "години", nullable=True, ge=0, le=120
    )
    users: pd.Int64Dtype = column("потребители към последния ден", "лица", ge=0)
    source_id: str = column("откъде идва редът: файлът в data/inbox")
    status: str = status_column()

    class Config:
        """One row per municipality, service, period, sex and first age."""

        unique = ("municipality_code", "service_code", "period_end", "sex", "age_from")


@declare("collection", "error", "Грешки в отчетите на общините: по файл, ред и колона")
class Error(Table):
    """One line per fault of a file in ``data/inbox``."""

    municipality_code: str = column("код на общината; празно, когато не се разпознава")
    file: str = column("файл")
    sheet: str = column("лист")
    row: pd.Int64Dtype = column("ред във файла, от 1", nullable=True)
    field: str = column("колона във файла")
    rule: str = column("правило, което не е изпълнено")
    found: str = column("намерено")
    expected: str = column("очаквано")
    severity: str = column("тежест", isin=(BLOCKING, TO_CHECK, NOTICE))
    message: str = column("какво не е наред")
    how_to_fix: str = column("какво да се направи")
