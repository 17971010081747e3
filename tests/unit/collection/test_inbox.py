"""Real returns as they arrive: what is accepted, what is refused, and what the analyst is told."""

import csv
import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ossu_analysis.collection import (
    error_table,
    read_inbox,
    with_real_residence,
    with_real_returns,
)
from ossu_analysis.collection.inbox import CodeLists, read_code_lists
from ossu_analysis.errors import BLOCKING, NOTICE, TO_CHECK
from ossu_analysis.schemas import table_class, validated
from ossu_analysis.store import Store

ROOT = Path(__file__).parents[3]
HEADER = (
    "Код на община;Код на услуга;Година;Брой услуги;Места;Потребители;Чакащи;"
    "Щатни бройки;Заети бройки;Финансиране;Забележка"
)
AGES = "Код на община;Код на услуга;Година;Пол;Възраст от;Възраст до;Потребители"
CELL = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=12),
    st.sampled_from(["SML02", "DAY-CH", "2021", "жени", "0", "65", "121", "-", ".."]),
)
GOOD = "SML02;DAY-CH;2021;1;30;24;3;12;11,5;ДДД;"


@pytest.fixture
def lists() -> CodeLists:
    municipality = pd.DataFrame(
        {
            "municipality_code": ["SML02", "SML31", "RSE04", "VAR05"],
            "name_bg": ["Баните", "Смолян", "Бяла", "Бяла"],
            "oblast_code": ["SML", "SML", "RSE", "VAR"],
        }
    )
    service = pd.DataFrame(
        {
            "service_code": ["DAY-CH", "ASSIST", "LEG-OLD", "SP-INFO"],
            "name_bg": ["Дневна грижа за деца", "Асистентска подкрепа", "Дом за стари хора", "Консултиране"],
            "short_name_bg": ["Дневна грижа: деца", "Асистентска", "Дом", "Консултиране"],
        }
    )
    legacy = pd.DataFrame(
        {
            "old_name_bg": ["Център за обществена подкрепа"] * 2 + ["Дневен център за деца с увреждания"],
            "old_abbreviation": ["ЦОП", "ЦОП", None],
            "service_code": ["SP-INFO", "SP-THER-CH", "DAY-CH"],
        }
    )
    return CodeLists(municipality, service, legacy)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    (tmp_path / "data" / "inbox").mkdir(parents=True)
    (tmp_path / "data" / "inbox" / "README.md").write_text("не е отчет", encoding="utf-8")
    return Store(tmp_path)


def read(store: Store, lists: CodeLists):
    """Sound returns and the faults of all files."""
    inbox = read_inbox(store, lists)
    return inbox.returns, inbox.faults


def put(store: Store, *lines: str, name: str = "sml02.csv", encoding: str = "utf-8") -> None:
    (store.inbox / name).write_bytes("\r\n".join(lines).encode(encoding))


def codes(faults, severity=BLOCKING) -> list[str]:
    return [fault.code.rpartition(".")[2] for fault in faults if fault.severity == severity]


def test_empty_inbox_gives_no_rows_and_no_faults(store, lists):
    returns, faults = read(store, lists)
    assert len(returns) == 0 and faults == []
    assert validated(table_class("collection", "error"), error_table(faults)).empty


def test_a_sound_return_is_observed(store, lists):
    put(store, HEADER, GOOD)
    returns, faults = read(store, lists)
    assert faults == []
    row = returns.iloc[0]
    assert (row["municipality_code"], row["service_code"], row["period_end"]) == ("SML02", "DAY-CH", "2021-12-31")
    assert (row["places"], row["users"], row["waiting"], row["staff_filled"]) == (30, 24, 3, 11.5)
    assert (row["funding_type"], row["status"], row["source_id"]) == (
        "state_delegated",
        "observed",
        "data/inbox/sml02.csv",
    )


def test_columns_in_any_order_old_encoding_and_bulgarian_numbers(store, lists):
    header = "Чакащи;Капацитет;Брой потребители;Година;Услуга;Община"
    put(
        store,
        "Отчет на община Баните",
        "",
        header,
        "-;1 200;1\u00a0150,0;2021;дневна грижа за деца;sml02",
        encoding="cp1251",
    )
    returns, faults = read(store, lists)
    assert codes(faults, NOTICE) == ["other_encoding"] and codes(faults) == []
    row = returns.iloc[0]
    assert (row["places"], row["users"]) == (1200, 1150)
    assert pd.isna(row["waiting"]), "a dash is a value that is not there, as in statistics, and never nobody"


@pytest.mark.parametrize("said", ["1.000", "1,000", "1.200", "12,345"])
def test_a_number_that_may_be_thousands_or_decimals_is_asked_about(store, lists, said):
    put(store, HEADER, f"SML02;DAY-CH;2021;1;2000;{said};3;;;;")
    returns, faults = read(store, lists)
    assert len(returns) == 0 and codes(faults) == ["ambiguous_number"]


def test_merged_header_in_two_rows(store, lists):
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["Код на община", "Код на услуга", "Година", "Потребители", "Персонал", None])
    sheet.append([None, None, None, None, "Щатни бройки", "Заети бройки"])
    sheet.merge_cells("E1:F1")
    sheet.append(["SML02", "DAY-CH", 2021, 24, 12, 11.5])
    book.save(store.inbox / "sml02.xlsx")
    returns, faults = read(store, lists)
    assert faults == []
    assert (returns["users"].tolist(), returns["staff_filled"].tolist()) == ([24], [11.5])


def test_a_remark_that_reads_like_a_label_is_not_a_header(store, lists):
    put(store, HEADER, GOOD + "Места")
    assert len(read(store, lists)[0]) == 1


def test_waiting_that_is_not_reported_stays_unknown(store, lists):
    put(store, HEADER, "SML02;ASSIST;2021;;40;30;..;;;;")
    returns, faults = read(store, lists)
    assert faults == [] and returns["waiting"].isna().all() and returns["staff_posts"].isna().all()


def test_totals_and_empty_rows_are_passed_over(store, lists):
    put(store, HEADER, GOOD, ";;;;;;;;;;", "Общо;;;1;30;24;3;12;11;;")
    returns, faults = read(store, lists)
    assert len(returns) == 1 and faults == []


def test_every_fault_of_a_file_is_told_at_once_with_its_place(store, lists):
    put(
        store,
        HEADER,
        "SML99;DAY-CH;2021;1;30;24;3;;;;",
        "SML02;НЯМА;2021;1;30;24;3;;;;",
        "SML02;DAY-CH;21;1;30;24;-3;;;;",
        "SML02;ASSIST;2021;1;30;31;0;;;;",
        "SML02;DAY-CH;2021;1,5;30;двадесет;0;;;;",
        "SML02;LEG-OLD;2021;1;30;;0;;;;",
    )
    returns, faults = read(store, lists)
    assert len(returns) == 0
    found = {(fault.code.rpartition(".")[2], fault.row) for fault in faults}
    assert {
        ("unknown_municipality", 2),
        ("unknown_service", 3),
        ("bad_year", 4),
        ("negative", 4),
        ("users_above_places", 5),
        ("not_whole", 6),
        ("not_a_number", 6),
        ("missing_value", 7),
    } == found
    for fault in faults:
        said = fault.sentence()
        assert "sml02.csv" in said and f"ред {fault.row}" in said and "collection." not in said


def test_more_users_than_places_with_a_remark_is_accepted(store, lists):
    put(store, HEADER, "SML02;ASSIST;2021;1;30;31;0;;;;приети временно")
    returns, faults = read(store, lists)
    assert faults == [] and returns["users"].tolist() == [31]


@pytest.mark.parametrize("name", ["ЦОП", "център за обществена подкрепа"])
def test_old_name_of_several_services_is_refused_with_the_choice(store, lists, name):
    put(store, HEADER, f"SML02;{name};2021;1;30;24;3;;;;")
    _, faults = read(store, lists)
    assert codes(faults) == ["ambiguous_service"]
    assert faults[0].expected == "SP-INFO, SP-THER-CH"


def test_old_name_of_one_service_is_mapped_with_a_message(store, lists):
    put(store, HEADER, "SML02;Дневен център за деца с увреждания;2021;1;30;24;3;;;;")
    returns, faults = read(store, lists)
    assert returns["service_code"].tolist() == ["DAY-CH"] and codes(faults, NOTICE) == ["legacy_service"]


def test_name_of_a_municipality_is_answered_with_its_codes(store, lists):
    put(store, HEADER, GOOD.replace("SML02", "Бяла"))
    _, faults = read(store, lists)
    assert faults[0].expected == "RSE04, VAR05"


def test_personal_numbers_are_refused_and_never_repeated(store, lists):
    put(store, HEADER + ";ЕГН", GOOD + ";7501020018")
    returns, faults = read(store, lists)
    assert len(returns) == 0 and codes(faults) == ["personal_data"]
    assert "7501020018" not in "".join(fault.sentence() for fault in faults)
    assert "7501020018" not in error_table(faults).to_csv()


def test_one_bad_row_keeps_the_whole_file_out_and_other_files_in(store, lists):
    put(store, HEADER, GOOD, "SML02;ASSIST;2021;1;30;24;-1;;;;")
    put(store, HEADER, GOOD.replace("SML02", "SML31"), name="sml31.csv")
    returns, faults = read(store, lists)
    assert returns["municipality_code"].tolist() == ["SML31"] and codes(faults) == ["negative"]


def test_duplicates_inside_a_file_and_between_files(store, lists):
    put(store, HEADER, GOOD, GOOD)
    _, faults = read(store, lists)
    assert codes(faults) == ["duplicate_row"] and faults[0].row == 3 and "ред 2" in faults[0].expected
    put(store, HEADER, GOOD)
    put(store, HEADER, GOOD, name="друг.csv")
    returns, faults = read(store, lists)
    assert len(returns) == 1 and codes(faults) == ["reported_twice"]


def test_xlsx_with_a_title_two_sheets_and_numbers(store, lists):
    book = openpyxl.Workbook()
    book.active.title = "Указания"
    book.active.append(["Попълнете жълтите клетки"])
    sheet = book.create_sheet("Услуги")
    sheet.append(["Отчет"])
    sheet.append(HEADER.split(";"))
    sheet.append(["SML02", "DAY-CH", 2021, 1.0, 30, 24, None, 12, 11.5, "ДДД", None])
    book.save(store.inbox / "sml02.xlsx")
    returns, faults = read(store, lists)
    assert faults == [] and returns["users"].tolist() == [24] and returns["waiting"].isna().all()


def test_broken_and_foreign_files_are_named(store, lists):
    (store.inbox / "broken.xlsx").write_bytes(b"PK not a workbook")
    (store.inbox / "plan.pdf").write_bytes(b"%PDF")
    put(store, "това не е таблица", name="text.csv")
    put(store, HEADER, name="header_only.csv")
    put(store, "Код на община;Код на услуга;Година", "SML02;DAY-CH;2021", name="no_users.csv")
    _, faults = read(store, lists)
    assert sorted(codes(faults)) == sorted(
        ["unreadable_file", "unsupported_file", "no_header", "empty_file", "missing_column"]
    )


def test_unknown_column_and_unknown_funding_do_not_stop(store, lists):
    put(store, HEADER + ";Кмет", "SML02;DAY-CH;2021;1;30;24;3;12;13;от спонсор;;Иванов")
    returns, faults = read(store, lists)
    assert len(returns) == 1
    assert codes(faults, NOTICE) == ["unknown_column"]
    assert sorted(codes(faults, TO_CHECK)) == ["filled_above_posts", "unknown_funding"]


def test_faults_become_a_table_with_messages(store, lists):
    put(store, HEADER, "SML99;DAY-CH;2021;1;30;24;3;;;;")
    table = validated(table_class("collection", "error"), error_table(read(store, lists)[1]))
    row = table.iloc[0]
    assert row["severity"] == BLOCKING and row["row"] == 2 and row["field"] == "Код на община"
    assert row["message"] and row["how_to_fix"] and not row["message"].startswith("collection.")


def test_real_return_replaces_the_demonstration_of_its_municipality(store, lists, returns):
    put(store, HEADER, GOOD)
    observed, _ = read(store, lists)
    both = validated(table_class("collection", "return"), with_real_returns(returns, observed))
    assert both.loc[both["municipality_code"] == "SML02", "service_code"].tolist() == ["DAY-CH"]


def test_the_guide_names_every_column_and_the_code_lists_are_read():
    guide = (ROOT / "data" / "inbox" / "README.md").read_text(encoding="utf-8")
    assert all(f"| {label} |" in guide for label in HEADER.split(";"))
    lists = read_code_lists(Store(ROOT))
    assert len(lists.municipalities) == 265
    assert lists.codes_by_name["бяла"] == ["RSE04", "VAR05"]
    assert lists.services["дом за стари хора"] == "LEG-OLD"
    assert len(lists.legacy["цсри"]) > 1


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(CELL, min_size=11, max_size=11), st.sampled_from([HEADER, AGES]))
def test_no_cell_brings_the_reader_down(store, lists, cells, header):
    names = header.split(";")
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=";").writerows([names, cells[: len(names)]])
    (store.inbox / "any.csv").write_bytes(buffer.getvalue().encode("utf-8"))
    returns, faults = read(store, lists)
    assert len(returns) == 0 or not any(fault.severity == BLOCKING for fault in faults)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=400), st.sampled_from(["any.csv", "any.xlsx"]))
def test_no_bytes_bring_the_reader_down(store, lists, content, name):
    (store.inbox / name).write_bytes(content)
    returns, faults = read(store, lists)
    (store.inbox / name).unlink()
    assert len(returns) == 0 and any(fault.severity == BLOCKING for fault in faults)


ADDRESS = "Код на община;Код на услуга;Година;Община на адреса;Потребители"
DATED = HEADER + ";Край на финансирането;Мобилен екип за общини;Без потребители от;Одобрени;Число по картата"


def test_days_teams_and_map_numbers_are_read(store, lists):
    put(store, DATED, "SML02;DAY-CH;2021;1;30;24;3;12;11;проект;;30.06.2027 г.;SМL31, VAR05;;28;35")
    returns, faults = read(store, lists)
    assert faults == []
    row = returns.iloc[0]
    assert (row["funding_end"], row["mobile_to"], row["approved"], row["map_number"]) == (
        "2027-06-30",
        "SML31|VAR05",
        28,
        35,
    )


@pytest.mark.parametrize(
    ("tail", "code", "severity"),
    [
        ("проект;;;;;;", "no_funding_end", TO_CHECK),
        ("проект;;31.02.2027;;;;", "bad_day", BLOCKING),
        ("ДДД;;2027-06-30;;;;", "end_without_project", TO_CHECK),
        ("ДДД;;;SML99;;;", "unknown_mobile", BLOCKING),
        ("ДДД;;;;2021-09-01;;", "empty_with_users", BLOCKING),
        ("ДДД;;;;;40;35", "approved_above_map", TO_CHECK),
    ],
)
def test_what_does_not_fit_is_named(store, lists, tail, code, severity):
    put(store, DATED, f"SML02;DAY-CH;2021;1;30;24;3;12;11;{tail}")
    assert codes(read(store, lists)[1], severity) == [code]


def test_users_by_address_come_from_a_sheet_of_their_own(store, lists):
    put(store, HEADER, GOOD)
    put(store, ADDRESS, "SML02;DAY-CH;2021;Смолян;5", "SML02;DAY-CH;2021;VAR05;1", name="address.csv")
    returns, faults = read(store, lists)
    assert faults == [] and len(returns) == 1
    assert read_inbox(store, lists).residence.set_index("home_code")["users"].to_dict() == {"SML31": 5, "VAR05": 1}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("SML02;DAY-CH;2021;Бяла;5", "unknown_municipality"),
        ("SML02;DAY-CH;2021;SML31;", "missing_value"),
        ("SML02;DAY-CH;2021;SML31;пет", "not_a_number"),
        ("SML02;DAY-CH;2021;SML31;25", "homes_above_users"),
    ],
)
def test_faulty_addresses_are_named_and_nothing_of_the_file_is_used(store, lists, line, code):
    workbook(store, [HEADER, GOOD], [ADDRESS, line])
    returns, faults = read(store, lists)
    assert codes(faults) == [code]
    assert len(returns) == 0 and len(read_inbox(store, lists).residence) == 0


def workbook(store: Store, *sheets: list[str]) -> None:
    book = openpyxl.Workbook()
    for lines in sheets:
        sheet = book.create_sheet()
        for line in lines:
            sheet.append(line.split(";"))
    book.save(store.inbox / "sml02.xlsx")


def test_nobody_is_made_up_to_live_in_or_to_be_served_by_a_municipality_that_reports():
    made_up = pd.DataFrame({"municipality_code": ["A", "B", "C"], "home_code": ["B", "C", "D"]})
    assert with_real_residence(made_up, made_up[:0], ["B"])["municipality_code"].tolist() == ["C"]


def test_users_by_sex_and_age_come_from_a_sheet_or_a_file_of_their_own(store, lists):
    workbook(store, [HEADER, GOOD], [AGES, "SML02;DAY-CH;2021;жени;0;6;10", "SML02;DAY-CH;2021;М;7;;14"])
    put(store, HEADER, GOOD.replace("SML02", "SML31"), name="sml31.csv")
    put(store, AGES, "SML31;DAY-CH;2021;F;0;17;20", name="ages.csv")
    returns, faults = read(store, lists)
    assert len(returns) == 2 and codes(faults) == []
    assert codes(faults, NOTICE) == ["profile_below_users"], "20 of the 24 users of SML31 have an age"
    profile = validated(table_class("collection", "user_profile"), read_inbox(store, lists).profile)
    assert profile[["municipality_code", "sex", "age_from", "age_to", "users"]].fillna(-1).to_numpy().tolist() == [
        ["SML31", "F", 0, 17, 20],
        ["SML02", "F", 0, 6, 10],
        ["SML02", "M", 7, -1, 14],
    ]


def test_without_the_sheet_nothing_is_said_of_sex_and_age(store, lists):
    put(store, HEADER, GOOD)
    assert validated(table_class("collection", "user_profile"), read_inbox(store, lists).profile).empty


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        (["SML02;DAY-CH;2021;двама;0;6;1"], "unknown_sex"),
        (["SML02;DAY-CH;2021;F;шест;6;1"], "not_a_number"),
        (["SML02;DAY-CH;2021;F;;6;1"], "bad_age"),
        (["SML02;DAY-CH;2021;F;130;;1"], "bad_age"),
        (["SML02;DAY-CH;2021;F;7;6;1"], "bad_age"),
        (["SML02;DAY-CH;2021;F;0;6;"], "missing_value"),
        (["SML02;DAY-CH;2021;F;0;6;-1"], "negative"),
        (["SML02;DAY-CH;2021;F;0;6;25"], "profile_above_users"),
        (["SML02;DAY-CH;2021;F;0;6;20", "SML02;DAY-CH;2021;M;0;6;20"], "profile_above_users"),
        (["SML02;DAY-CH;2021;F;0;6;1", "SML02;DAY-CH;2021;F;6;9;1"], "ages_overlap"),
        (["SML02;DAY-CH;2021;F;7;;1", "SML02;DAY-CH;2021;F;80;90;1"], "ages_overlap"),
        (["SML02;DAY-CH;2020;F;0;6;1"], "profile_without_return"),
        (["SML02;ASSIST;2021;F;0;6;1"], "profile_without_return"),
    ],
)
def test_faulty_ages_are_named_and_nothing_of_the_file_is_used(store, lists, lines, code):
    workbook(store, [HEADER, GOOD], [AGES, *lines])
    assert codes(read(store, lists)[1]) == [code]
    assert len(read_inbox(store, lists).profile) == 0


def test_all_faults_of_a_sheet_of_ages_are_told_with_their_rows(store, lists):
    workbook(store, [HEADER, GOOD], [AGES, "SML99;DAY-CH;2021;F;0;6;1", "SML02;DAY-CH;2021;х;9;7;1"])
    found = {(fault.code.rpartition(".")[2], fault.row) for fault in read(store, lists)[1]}
    assert found >= {("unknown_municipality", 2), ("unknown_sex", 3), ("bad_age", 3)}


def test_a_sheet_of_ages_without_all_its_columns_is_refused(store, lists):
    workbook(store, [HEADER, GOOD], ["Код на община;Код на услуга;Година;Пол;Потребители", "SML02;DAY-CH;2021;F;1"])
    assert codes(read(store, lists)[1]) == ["missing_column", "missing_column"]
