"""Tables of the link ``report``."""

import pandas as pd

from ossu_analysis.schemas.base import Table, column, declare, status_column
from ossu_analysis.schemas.collection import DAY

OBLAST_OR_COUNTRY = r"^([A-Z]{3}|BG)$"
OUTPUTS = {
    "predlozhenie": "предложение на община",
    "godishen_plan": "годишен план на община",
    "obsazhdane": "пакет за обществено обсъждане",
    "obobshtenie": "обобщение на област или страната",
    "monitoring": "мониторингов доклад на област",
    "ocenka": "междинна оценка на област",
}
FORMATS = ("docx", "xlsx", "html")


@declare("report", "document", "Изготвени документи: за кого, вид, формат и файл")
class Document(Table):
    """One row per file of the run's folder ``documents``."""

    oblast_code: str = column("код на областта; BG за документ за цялата страна", str_matches=OBLAST_OR_COUNTRY)
    area_code: str = column("код на територията, за която е документът")
    output: str = column("вид: " + ", ".join(f"{code} {name}" for code, name in OUTPUTS.items()), isin=tuple(OUTPUTS))
    format: str = column("формат на файла", isin=FORMATS)
    title: str = column("заглавие")
    place: str = column("територия с думи")
    file: str = column("файл под папката на хода")
    is_internal: bool = column("само за служебно ползване: с всички броеве, не се публикува")
    size: int = column("големина", "байтове", ge=0)
    tables: int = column("таблици в документа", "брой", ge=0)
    figures: int = column("графики в документа", "брой", ge=0)
    status: str = status_column()


@declare("report", "count", "Броеве на лица по територия, услуга и период: кои се публикуват и кои са скрити")
class Count(Table):
    """Reported persons of municipalities and their sums; what ``is_hidden`` stands in internal papers only."""

    quantity: str = column("какво е преброено: occupied потребители, waiting чакащи", isin=("occupied", "waiting"))
    service_code: str = column("код на услугата")
    period_end: str = column("последен ден на периода", str_matches=DAY)
    area_level: str = column("ниво: municipality, oblast, country", isin=("municipality", "oblast", "country"))
    area_code: str = column("код на територията")
    parent_code: str = column("територия, в чийто сбор влиза; празно за страната")
    persons: int = column("отчетени лица; в сбор влизат общините с отчет", "лица", ge=0)
    is_hidden: bool = column("скрито в публикуваното: малко лица, или за да не се намерят малко лица от сбор")
    status: str = status_column()

    class Config:
        """One row per quantity, service, period and area."""

        unique = ("quantity", "service_code", "period_end", "area_code")


@declare("report", "headline", "Основни числа на хода: с тях се сравняват два хода")
class Headline(Table):
    """A handful of numbers by which one run is compared with the next."""

    key: str = column("ключ на показателя", unique=True)
    label: str = column("показател с думи")
    value: float = column("стойност", nullable=True)
    unit: str = column("мерна единица: persons, share, percent, count")
    digits: pd.Int64Dtype = column("знаци след запетаята при печат", ge=0)
    status: str = status_column()
