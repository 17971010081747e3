"""A made-up oblast of three municipalities with the columns that the chain's tables have; two are named Бяла.

`facts` gives them to the documents directly; `store` writes them as declared tables, so a change of the contract breaks
the tests here.
"""

import numpy as np
import pandas as pd

from ossu_analysis.report.disclosure.counts import released_counts
from ossu_analysis.report.facts import BOUNDS, Facts
from ossu_analysis.report.imprint import Imprint
from ossu_analysis.schemas import columns, table_class
from ossu_analysis.store import Store

BASE, HORIZON = 2018, 2023
TOWNS = {"VAR05": "Бяла", "VAR06": "Варна", "RSE04": "Бяла"}
OBLAST = "VAR"
AGES = [(a, a + 4) for a in range(0, 85, 5)] + [(85, None), (0, None), (0, 17), (18, 64), (65, None), (80, None)]
SERVICES = ("ASSIST", "RES-OLD", "MUN-PATRON")
FACTORS = {
    "mean": 1.0,
    "median": 0.998,
    "0.025": 0.9,
    "0.1": 0.94,
    "0.25": 0.97,
    "0.75": 1.03,
    "0.9": 1.06,
    "0.975": 1.1,
}


def imprint(**changes) -> Imprint:
    facts = {
        "round_name": "2018",
        "base_year": BASE,
        "until_year": HORIZON,
        "data_as_of": "2018-12-31",
        "run_id": "ab12cd",
        "rules_version": "2021-1",
        "software_version": "0.1.0",
        "scenario": "reference",
        "made_on": "2026-11-21",
    }
    return Imprint(**(facts | changes))


def spread(keys: pd.DataFrame, middle: np.ndarray, value: str = "persons") -> pd.DataFrame:
    """Long rows with mean, median and quantiles around a middle value."""
    parts = []
    for name, factor in FACTORS.items():
        kind = "quantile" if name in BOUNDS else name
        parts.append(
            keys.assign(output_type=kind, output_type_id=name if name in BOUNDS else None, **{value: middle * factor})
        )
    return pd.concat(parts, ignore_index=True)


def people(area: str, level: str, size: float) -> pd.DataFrame:
    width = {(0, None): 100, (0, 17): 16, (18, 64): 60, (65, None): 24, (80, None): 6}
    rows = [(y, s, a, b) for y in range(BASE, HORIZON + 1) for s in "FMT" for a, b in AGES]
    keys = pd.DataFrame(rows, columns=["year", "sex", "age_from", "age_to"]).astype({"age_to": "Int64"})
    share = np.array([width.get((a, b), 5.5) for _, _, a, b in rows]) / 100
    half = np.where(keys["sex"] == "T", 1.0, 0.5)
    middle = size * share * half * 0.98 ** (keys["year"] - BASE)
    table = spread(keys, middle.to_numpy())
    observed = table["year"] == BASE
    table = table[~observed | (table["output_type"] == "mean")]
    return table.assign(
        area_level=level,
        area_code=area,
        scenario="reference",
        base_year=BASE,
        run_id="ab12cd",
        status=np.where(table["year"] == BASE, "estimated", "forecast"),
    )


def sizes() -> dict[str, float]:
    return {"VAR05": 3214.0, "VAR06": 340000.0, "RSE04": 12000.0, OBLAST: 355214.0, "BG": 7000039.0}


def level_of(code: str) -> str:
    return {"BG": "country", OBLAST: "oblast"}.get(code, "municipality")


def history() -> pd.DataFrame:
    rows = [
        (level_of(c), c, y, round(n * (1 + 0.01 * (BASE - y))))
        for c, n in sizes().items()
        for y in range(2005, BASE + 1)
    ]
    table = pd.DataFrame(rows, columns=["area_level", "area_code", "year", "persons"])
    return table.assign(basis=np.where(table["year"] < 2011, 2001, 2011))


def capacity() -> pd.DataFrame:
    rows = [
        (town, service, f"{year}-01-01", f"{year}-12-31", places, occupied, waiting)
        for town in TOWNS
        for service, places, occupied, waiting in (("ASSIST", 40, 38, 5), ("RES-OLD", 60, 55, None))
        for year in (2016, 2017, 2018)
    ]
    names = ["municipality_code", "service_code", "period_start", "period_end", "places", "occupied", "waiting"]
    table = pd.DataFrame(rows, columns=names).astype(dict.fromkeys(names[4:], "Int64"))
    return table.assign(
        staff_posts=pd.array([7] * len(table), "Int64"),
        staff_filled=pd.array([6] * len(table), "Int64"),
        funding_type="state_delegated",
        is_closing=False,
        is_empty=False,
        source_id="returns",
        source_class="demonstration",
        status="demonstration",
    )


def demand() -> pd.DataFrame:
    rows = [(c, s, y) for c in sizes() for s in SERVICES for y in range(BASE + 1, HORIZON + 1)]
    keys = pd.DataFrame(rows, columns=["area_code", "service_code", "year"])
    middle = keys["area_code"].map(sizes()).clip(upper=20000) * 0.01 + (keys["year"] - BASE)
    return spread(keys, middle.to_numpy()).assign(
        area_level="municipality", scenario="reference", status="demonstration"
    )


def need() -> pd.DataFrame:
    rows = [(c, g, y) for c in sizes() for g in ("TG-65", "TG-CHILD") for y in range(BASE, HORIZON + 1)]
    keys = pd.DataFrame(rows, columns=["area_code", "target_group", "year"])
    return spread(keys, keys["area_code"].map(sizes()).to_numpy() * 0.2).assign(scenario="reference", status="forecast")


def gap() -> pd.DataFrame:
    rows = []
    for town in TOWNS:
        for service in SERVICES:
            for year in range(BASE + 1, HORIZON + 1):
                has = service != "MUN-PATRON"
                rows.append(
                    {
                        "municipality_code": town,
                        "service_code": service,
                        "target_group": "TG-65",
                        "year": year,
                        "scenario": "reference",
                        "planning_level": "municipal",
                        "target_population": 700.0,
                        "places": 40 if has else None,
                        "occupied": 38 if has else None,
                        "waiting": None,
                        "map_number": np.nan,
                        "criterion_maximum": np.nan,
                        "demand_median": 62.4 if has else np.nan,
                        "demand_low": 51.2 if has else np.nan,
                        "demand_high": 73.7 if has else np.nan,
                        "gap_to_demand_places": 22.4 if has else np.nan,
                        "probability_gap_positive": 0.9991 if has else np.nan,
                        "confidence": "C",
                        "remark": "",
                        "status": "demonstration",
                    }
                )
    return pd.DataFrame(rows).astype(dict.fromkeys(("places", "occupied", "waiting"), "Int64"))


def oblast_gap() -> pd.DataFrame:
    rows = gap().groupby(["service_code", "year"], as_index=False).first()
    rows = rows[
        [
            "service_code",
            "year",
            "scenario",
            "places",
            "occupied",
            "waiting",
            "demand_median",
            "demand_low",
            "demand_high",
            "criterion_maximum",
            "gap_to_demand_places",
            "probability_gap_positive",
            "confidence",
            "status",
        ]
    ]
    return rows.assign(
        area_level="oblast", area_code=OBLAST, municipalities_with_service=3, missing_without_sharing_places=67.2,
        residents_to_move=0.0,
    )  # fmt: skip


def lines() -> pd.DataFrame:
    rows = []
    for area, service, part, users in [
        *((town, "ASSIST", 1, 62) for town in TOWNS),
        (OBLAST, "RES-OLD", 2, None),
        *((town, "MUN-PATRON", 3, None) for town in TOWNS),
    ]:
        rows.append(
            {
                "oblast_code": OBLAST,
                "area_level": "oblast" if area == OBLAST else "municipality",
                "area_code": area,
                "part": part,
                "scope": {1: "municipality", 2: "oblast", 3: "municipal_budget"}[part],
                "service_code": service,
                "planning_year": HORIZON,
                "existing_places": 40 if users else None,
                "demand_median": 62.0 if users else np.nan,
                "decision": "expand" if users else "study",
                "reason": "no_list" if users else "no_return",
                "probability_gap_positive": 0.9991 if users else np.nan,
                "confidence": "C",
                "host_code": None,
                "own_people": users or 0,
                "residents_here": 0,
                "free_places": 0,
                "rule_users": users,
                "change": users - 40 if users else None,
                "effective_year": 2021 if users else None,
                "persons_elsewhere": 0,
                "persons_of_others": 0,
                "proposed_users": users,
                "analyst_users": None,
                "analyst_reason": None,
                "need_by_criterion": np.nan,
                "justification": "Търсене през 2023 г. 62 (51–74) лица при 40 места днес.",
                "sources": "отчети; собствена прогноза",
                "agreement_reference": "",
                "status": "demonstration",
            }
        )
    return pd.DataFrame(rows).astype(
        dict.fromkeys(
            ("existing_places", "proposed_users", "rule_users", "change", "analyst_users", "effective_year"), "Int64"
        )
    )


def options() -> pd.DataFrame:
    rows = [("ASSIST", option, 120 + 40 * k, 40 * k) for k, option in enumerate(("keep_places", "cover_demand"))]
    table = pd.DataFrame(rows, columns=["service_code", "option", "places", "places_added"])
    return table.assign(
        oblast_code=OBLAST,
        decisions_changed=0,
        persons_covered=120.0,
        persons_not_covered=67.4,
        yearly_cost=np.nan,
        gives_up="Търсене над местата остава без услуга.",
        status="demonstration",
    )


def facts(**changes) -> Facts:
    towns = pd.DataFrame({"municipality_code": list(TOWNS), "name_bg": list(TOWNS.values()), "oblast_code": OBLAST})
    forecast = pd.concat([people(code, level_of(code), size) for code, size in sizes().items()], ignore_index=True)
    status = pd.DataFrame(
        {
            "target_group": ["TG-65", "TG-CHILD", "TG-OLDUNABLE"],
            "has_rate": [True, True, False],
            "name_bg": ["Хора на 65 и повече години", "Деца (всички деца)", "Лица в невъзможност за самообслужване"],
            "source_id": ["nsi", None, None],
            "reference_date": ["2018-12-31", "", None],
            "remark_bg": ["", "", "няма данни; проучване на общината"],
        }
    )
    sources = pd.DataFrame(
        {
            "source_id": ["nsi"],
            "publisher_bg": ["НСИ"],
            "title_bg": ["Население по общини"],
            "dataset_code": ["1169"],
            "reference_bg": ["към 31 декември"],
            "first_year": [2000],
            "last_year": [2018],
            "vintage": ["2026-11-21"],
            "retrieved": ["2026-11-21"],
        }
    )
    made = {
        "oblast_code": OBLAST,
        "oblast_name": "Варна",
        "municipalities": towns,
        "forecast": forecast,
        "history": history(),
        "need": need(),
        "group_status": status,
        "capacity": capacity(),
        "counts": released_counts(changes.get("capacity", capacity()), towns, 1),
        "demand": demand(),
        "gap": gap(),
        "oblast_gap": oblast_gap(),
        "lines": lines(),
        "options": options(),
        "sources": sources,
        "scenario_titles": {},
        "unit_costs": (),
        "services": services_named(
            {
                "ASSIST": "Асистентска подкрепа",
                "RES-OLD": "Резидентна грижа за възрастни",
                "MUN-PATRON": "Домашен социален патронаж",
            }
        ),
    }
    return Facts(**(made | changes))


def services_named(names: dict[str, str]) -> pd.DataFrame:
    return pd.DataFrame({"service_code": list(names), "short_name_bg": list(names.values())})


def regions() -> tuple[pd.DataFrame, pd.DataFrame]:
    oblasts = pd.DataFrame(
        {"oblast_code": [OBLAST], "name_bg": ["Варна"], "region_code": ["BG33"], "nuts3_code": ["BG331"]}
    )
    towns = pd.DataFrame({"municipality_code": list(TOWNS), "name_bg": list(TOWNS.values()), "oblast_code": OBLAST})
    return oblasts, towns.assign(category=3, seat_lat=[42.9, 43.2, 43.5], seat_lon=[27.9, 27.9, 25.7], area_km2=100.0)


def deviation() -> pd.DataFrame:
    row = {
        "area_level": "oblast",
        "area_code": OBLAST,
        "year": BASE,
        "base_year": 2015,
        "scenario": "reference",
        "forecast_mean": 355000.0,
        "forecast_median": 354900.0,
        "forecast_low": 350000.0,
        "forecast_high": 360000.0,
        "actual": 355214.0,
        "deviation": 214.0,
        "deviation_share": 0.0006,
        "cause_births": 100.0,
        "cause_deaths": 14.0,
        "cause_migration": 100.0,
        "cause_base": 0.0,
        "is_inside_80": True,
        "run_id": "ab12cd",
        "status": "forecast",
    }
    return pd.DataFrame([row])


def score() -> pd.DataFrame:
    rows = [
        (method, census, horizon, metric, value * (1.5 if census else 1))
        for method, value in (("ossu", 0.03), ("naive", 0.07), ("linexp", 0.045), ("damped_ets", 0.035))
        for census, horizon in ((False, 5), (True, 5), (True, 10))
        for metric in ("mape", "within_10", "coverage_50", "coverage_80", "coverage_95")
    ]
    table = pd.DataFrame(rows, columns=["method", "crosses_census", "horizon_years", "metric", "value"])
    return table.assign(
        level="municipality",
        age_group="total",
        origin_year=2005,
        size_class="all",
        areas=262,
        is_calibrated=True,
        status="forecast",
    )


def report_card() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "municipality_code": list(TOWNS),
            "horizon_years": 5,
            "crosses_census": [True, False, False],
            "windows": 2,
            "mape": 0.03,
            "malpe": -0.01,
            "coverage_80": 0.8,
            "best_baseline": "linexp",
            "best_baseline_mape": [0.02, 0.04, 0.05],
            "is_baseline_better": [True, False, False],
            "status": "forecast",
        }
    )


def complete(link: str, table: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with every declared column; what the tests do not care about is empty."""
    empty = {"str": "", "int64": 0, "float64": 0.0, "bool": False}
    for info in columns(table_class(link, table)):
        if info.name not in frame:
            frame = frame.assign(**{info.name: None if info.nullable else empty[info.pandas_type]})
    return frame


def store(root) -> Store:
    """A project folder in which every table of the documents and of the index has been made."""
    made, (oblasts, towns) = facts(), regions()
    counted = made.history.assign(
        residence="total",
        sex="T",
        reference_date="2018-12-31",
        source_id="nsi",
        vintage="2026-11-21",
        status="observed",
        note=None,
    )
    services = pd.DataFrame(
        {
            "service_code": list(made.service_names),
            "short_name_bg": list(made.service_names.values()),
            "planning_level": "municipal",
            "unit": "users",
        }
    )
    rules = pd.DataFrame({"service_code": ["ASSIST"], "rate": [np.nan], "version": ["изпитна"]})
    frames = {
        ("reference", "oblast"): oblasts,
        ("reference", "municipality"): towns,
        ("reference", "service"): services,
        ("reference", "source"): made.sources.assign(status="observed"),
        ("reference", "rule"): rules,
        ("sources", "population_municipality"): counted,
        ("population", "forecast"): made.forecast,
        ("capacity", "current"): made.capacity,
        ("report", "count"): released_counts(made.capacity, towns, 5),
        ("demand", "group_status"): made.group_status.assign(status="estimated"),
        ("demand", "need_forecast"): made.need,
        ("demand", "demand_forecast"): made.demand,
        ("gap", "service_gap"): made.gap,
        ("gap", "oblast_gap"): made.oblast_gap,
        ("proposal", "line"): made.lines,
        ("proposal", "option"): made.options.assign(planning_year=HORIZON),
        ("monitoring", "deviation"): deviation(),
        ("evaluation", "score"): score(),
        ("evaluation", "report_card"): report_card(),
    }
    folder = Store(root)
    for (link, table), frame in frames.items():
        folder.write(link, table, complete(link, table, frame))
    return folder
