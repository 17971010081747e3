"""Tables of the link ``capacity``."""

import pandas as pd
import pandera.pandas as pa

from ossu_analysis.schemas.base import MUNICIPALITY, Table, column, declare, status_column
from ossu_analysis.schemas.collection import DAY


@declare("capacity", "current", "Капацитет: места, заети, чакащи и персонал по община, услуга и период")
class Current(Table):
    """What is there, per municipality, service and period; a row is missing where the service is."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата; домовете за стари хора са RES-OLD (ЗСУ, § 35)")
    period_start: str = column("първи ден на периода", str_matches=DAY)
    period_end: str = column("последен ден на периода; числата са към него", str_matches=DAY)
    places: pd.Int64Dtype = column("места", "места", nullable=True, ge=0)
    occupied: pd.Int64Dtype = column("заети места (потребители)", "лица", nullable=True, ge=0)
    waiting: pd.Int64Dtype = column("чакащи; NULL: не се отчитат", "лица", nullable=True, ge=0)
    staff_posts: float = column("щатни бройки; може и половин", "бройки", nullable=True, ge=0)
    staff_filled: float = column("заети щатни бройки", "бройки", nullable=True, ge=0)
    funding_type: str = column("финансиране; няколко вида са разделени с „|“", nullable=True)
    source_id: str = column("източник; няколко са разделени с „|“")
    source_class: str = column("вид на източника")
    services_count: pd.Int64Dtype = column("брой услуги (заведения)", "услуги", nullable=True, ge=0)
    reported_service_code: str = column("код, под който услугата е отчетена")
    is_closing: bool = column("дом, който се закрива до 01.01.2035 г. (ЗСУ, § 33-34): местата не са свободен капацитет")
    free_places: pd.Int64Dtype = column("свободни места; 0 при закриващ се дом", "места", nullable=True, ge=0)
    is_empty: bool = column("няма потребители към края на периода (ЗСУ, чл. 58: три месеца без потребители)")
    published_total: bool = column("съгласувано ли е с публикувана обща стойност")
    status: str = status_column()
    remark: str = column("забележка", nullable=True)

    class Config:
        """One row per municipality, service and period."""

        unique = ("municipality_code", "service_code", "period_start", "period_end")

    @pa.dataframe_check
    @classmethod
    def closing_homes_have_no_free_places(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """A legacy home that must close offers no place to anybody."""
        return ~table["is_closing"] | (table["free_places"].fillna(0) == 0)
