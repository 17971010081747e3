"""What the code list of services says of their fate: which ones close, what replaces them, as what places are counted.

A new service of any kind is one row of ``data/reference/service.csv``; nothing here or in the links knows a code.
"""

import pandas as pd


def closing_services(service: pd.DataFrame) -> dict[str, str]:
    """Services that must close, each with the one that replaces it (ЗСУ § 33-34).

    Parameters
    ----------
    service : DataFrame
        ``reference.service``: service_code, closes_on, replaced_by.
    """
    closing = service[service["closes_on"].notna()]
    return dict(zip(closing["service_code"], closing["replaced_by"], strict=True))


def counted_as(service: pd.DataFrame) -> dict[str, str]:
    """Services whose places the map holds as those of another one (ЗСУ § 35).

    Parameters
    ----------
    service : DataFrame
        ``reference.service``: service_code, counted_as.
    """
    moved = service[service["counted_as"].notna()]
    return dict(zip(moved["service_code"], moved["counted_as"], strict=True))
