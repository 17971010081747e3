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
    approved: pd.Int64Dtype = column(
        "одобрени потребители за годината; NULL: не е отчетено", "лица", nullable=True, ge=0
    )
    map_number: pd.Int64Dtype = column(
        "потребители по Националната карта според отчета; NULL: не е отчетено", "лица", nullable=True, ge=0
    )
    staff_posts: float = column("щатни бройки; може и половин", "бройки", nullable=True, ge=0)
    staff_filled: float = column("заети щатни бройки", "бройки", nullable=True, ge=0)
    funding_type: str = column("финансиране; няколко вида са разделени с „|“", nullable=True)
    funding_end: str = column("край на проекта или дарението; при няколко най-ранният", str_matches=DAY, nullable=True)
    mobile_to: str = column("общини, в които ходи мобилен екип, разделени с „|“; NULL: няма екип", nullable=True)
    source_id: str = column("източник; няколко са разделени с „|“")
    source_class: str = column("вид на източника")
    services_count: pd.Int64Dtype = column("брой услуги (заведения)", "услуги", nullable=True, ge=0)
    reported_service_code: str = column("код, под който услугата е отчетена")
    is_closing: bool = column("дом, който се закрива до 01.01.2035 г. (ЗСУ, § 33-34): местата не са свободен капацитет")
    free_places: pd.Int64Dtype = column("свободни места; 0 при закриващ се дом", "места", nullable=True, ge=0)
    is_empty: bool = column("няма потребители към края на периода (ЗСУ, чл. 58: три месеца без потребители)")
    empty_months: pd.Int64Dtype = column(
        "месеци без потребители към края на периода; NULL: има потребители или не се знае откога",
        "месеци",
        nullable=True,
    )
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


@declare("capacity", "cross_boundary", "Кой кого обслужва: потребители и места на жители на други общини")
class CrossBoundary(Table):
    """Places and users of a service that belong to another municipality than the one it stands in."""

    municipality_code: str = column("община, в която е услугата", str_matches=MUNICIPALITY)
    home_code: str = column("община, на чиито жители са местата", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата")
    period_start: str = column("първи ден на периода", str_matches=DAY)
    period_end: str = column("последен ден на периода; числата са към него", str_matches=DAY)
    users: float = column("потребители с адрес в другата община", "лица", ge=0)
    places: float = column("места, които се падат на другата община", "места", ge=0)
    is_mobile: bool = column("дали част от местата са на мобилен екип, който ходи в другата община")
    source_id: str = column("откъде идва редът")
    status: str = status_column()

    class Config:
        """One row per serving municipality, municipality of address, service and period."""

        unique = ("municipality_code", "home_code", "service_code", "period_end")

    @pa.dataframe_check
    @classmethod
    def nobody_is_a_guest_at_home(cls, table: pd.DataFrame) -> "pd.Series[bool]":
        """Own residents need no ledger."""
        return table["municipality_code"] != table["home_code"]


@declare(
    "capacity", "by_residence", "Капацитет за жителите на всяка община: без местата на гости и с местата в други общини"
)
class ByResidence(Table):
    """What demand and gap compare with people: places and use of the residents, wherever they are served."""

    municipality_code: str = column("община, на чиито жители са местата", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата")
    period_start: str = column("първи ден на периода", str_matches=DAY)
    period_end: str = column("последен ден на периода; числата са към него", str_matches=DAY)
    places: float = column("места за жителите: места - за гости + в други общини", "места", nullable=True, ge=0)
    occupied: float = column("обслужени жители, където и да са", "лица", nullable=True, ge=0)
    waiting: pd.Int64Dtype = column("чакащи; NULL: не се отчитат", "лица", nullable=True, ge=0)
    staff_posts: float = column("щатни бройки на услугата в общината", "бройки", nullable=True, ge=0)
    staff_filled: float = column("заети щатни бройки", "бройки", nullable=True, ge=0)
    has_service: bool = column("дали общината има своя услуга; false: жителите се обслужват само другаде")
    guests: float = column("жители на други общини, обслужени тук", "лица", ge=0)
    served_elsewhere: float = column("жители, обслужени в други общини", "лица", ge=0)
    places_for_others: float = column("места тук, които се падат на други общини", "места", ge=0)
    places_elsewhere: float = column("места в други общини, които се падат на жителите", "места", ge=0)
    is_mobile: bool = column("дали част от тях са на мобилен екип, който идва в общината")
    is_closing: bool = column("дом, който се закрива до 01.01.2035 г. (ЗСУ, § 33-34)")
    status: str = status_column()

    class Config:
        """One row per municipality, service and period."""

        unique = ("municipality_code", "service_code", "period_start", "period_end")


@declare("capacity", "access", "Достъп: път до най-близката община с места и места в обсега, по община и услуга")
class Access(Table):
    """How far people are from a service and how many places they have within reach, by the last returns."""

    municipality_code: str = column("код на общината", str_matches=MUNICIPALITY)
    service_code: str = column("код на услугата")
    places: float = column("места в общината, с тези на мобилни екипи, които идват в нея", "места", ge=0)
    km_to_nearest: float = column("до най-близката община с места; 0: в самата община", "км", nullable=True, ge=0)
    minutes_to_nearest: float = column(
        "до най-близката община с места; NULL: няма таблица с времена", "минути", nullable=True, ge=0
    )
    nearest_municipality_code: str = column("най-близката община с места", nullable=True)
    persons_group: str = column("за кого са местата: целева група по reference.target_group")
    persons: float = column("лица в нея", "лица", ge=0)
    places_per_thousand: float = column(
        "места в обсега на 1000 лица, поделени между всички в обсега (2SFCA)", "места на 1000 лица", ge=0
    )
    reach: float = column("обсег", "според reach_unit", ge=0)
    reach_unit: str = column("единица на обсега: км или минути")
    remark: str = column("как е мерен пътят")
    status: str = status_column()

    class Config:
        """One row per municipality and service."""

        unique = ("municipality_code", "service_code")
