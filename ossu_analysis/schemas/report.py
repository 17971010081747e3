"""Tables of the link ``report``."""

import pandas as pd

from ossu_analysis.schemas.base import Table, column, declare, status_column

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
    size: int = column("големина", "байтове", ge=0)
    tables: int = column("таблици в документа", "брой", ge=0)
    figures: int = column("графики в документа", "брой", ge=0)
    status: str = status_column()


@declare("report", "headline", "Основни числа на хода: с тях се сравняват два хода")
class Headline(Table):
    """A handful of numbers by which one run is compared with the next."""

    key: str = column("ключ на показателя", unique=True)
    label: str = column("показател с думи")
    value: float = column("стойност", nullable=True)
    unit: str = column("мерна единица: persons, share, percent, count")
    digits: pd.Int64Dtype = column("знаци след запетаята при печат", ge=0)
    status: str = status_column()
