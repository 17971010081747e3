"""The workbook sent to a municipality comes back as it was filled."""

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from ossu_analysis.collection import read_code_lists, read_inbox, write_template
from ossu_analysis.collection.inbox import CodeLists
from ossu_analysis.errors import OssuError
from ossu_analysis.store import Store


@pytest.fixture(scope="module")
def lists() -> CodeLists:
    return read_code_lists(Store(Path(__file__).parents[3]))


def read(store: Store, lists: CodeLists):
    """Sound returns and the faults of all files."""
    inbox = read_inbox(store, lists)
    return inbox.returns, inbox.faults


def fill(path: Path, service: str, **values) -> None:
    book = openpyxl.load_workbook(path)
    sheet = book["Услуги"]
    header = {cell.value: cell.column for cell in sheet[4]}
    row = next(
        cells[0].row for cells in sheet.iter_rows(min_row=5) if cells[header["Код на услуга"] - 1].value == service
    )
    for label, value in values.items():
        sheet.cell(row, header[label.replace("_", " ")], value)
    book.save(path)


def test_an_empty_template_reports_nothing(tmp_path, lists):
    store = Store(tmp_path)
    write_template(store.inbox / "sml02.xlsx", "SML02", 2021, lists)
    returns, faults = read(store, lists)
    assert len(returns) == 0
    assert [fault.code for fault in faults] == ["collection.empty_file"]


def test_a_filled_template_is_accepted_without_a_remark(tmp_path, lists):
    store = Store(tmp_path)
    path = write_template(store.inbox / "sml02.xlsx", "SML02", 2021, lists)
    fill(path, "DAY-CH", Места=30, Потребители=24, Чакащи=3, Щатни_бройки=12, Заети_бройки=11.5, Финансиране="ДДД")
    fill(path, "ASSIST", Потребители=7)
    returns, faults = read(store, lists)
    assert faults == []
    assert returns.set_index("service_code")["users"].to_dict() == {"DAY-CH": 24, "ASSIST": 7}
    assert returns["funding_type"].tolist().count("state_delegated") == 1


def test_users_by_sex_and_age_are_typed_on_a_sheet_of_their_own(tmp_path, lists):
    store = Store(tmp_path)
    path = write_template(store.inbox / "sml02.xlsx", "SML02", 2021, lists)
    fill(path, "DAY-CH", Места=30, Потребители=24)
    book = openpyxl.load_workbook(path)
    sheet = book["Пол и възраст"]
    assert [rule.formula1 for rule in sheet.data_validations.dataValidation] == ['"жени,мъже"']
    for row, values in enumerate((["DAY-CH", "жени", 0, 6, 14], ["DAY-CH", "мъже", 0, None, 10]), 5):
        for place, value in zip((2, 4, 5, 6, 7), values, strict=True):
            sheet.cell(row, place, value)
    book.save(path)
    assert read(store, lists)[1] == []
    assert read_inbox(store, lists).profile["users"].tolist() == [14, 10]


def test_forgotten_users_beside_places_are_asked_for(tmp_path, lists):
    store = Store(tmp_path)
    fill(write_template(store.inbox / "sml02.xlsx", "SML02", 2021, lists), "DAY-CH", Места=30)
    _, faults = read(store, lists)
    assert [fault.code for fault in faults] == ["collection.missing_value"]


def test_grey_cells_hold_the_last_real_return_and_never_made_up_figures(tmp_path, lists, returns):
    made_up = write_template(tmp_path / "a.xlsx", "DOB28", 2022, lists, returns)
    real = returns[returns["municipality_code"].eq("DOB28")].assign(status="observed")
    known = write_template(tmp_path / "b.xlsx", "DOB28", 2022, lists, pd.concat([returns, real]))
    before, now = "Места, предишен отчет", "Места"
    assert column(made_up, before) == {} and column(known, now) == {}
    assert column(known, before)["LEG-OLD"] == 115


def column(path: Path, label: str) -> dict:
    sheet = openpyxl.load_workbook(path)["Услуги"]
    header = {cell.value: cell.column - 1 for cell in sheet[4]}
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=5)]
    wanted, code = header[label], header["Код на услуга"]
    return {row[code]: row[wanted] for row in rows if row[wanted] is not None and row[code]}


def test_only_yellow_cells_can_be_typed_into_and_funding_is_chosen(tmp_path, lists):
    sheet = openpyxl.load_workbook(write_template(tmp_path / "a.xlsx", "SML02", 2021, lists))["Услуги"]
    header = {cell.value: cell.column for cell in sheet[4]}
    assert sheet.protection.sheet
    assert not sheet.cell(5, header["Потребители"]).protection.locked
    assert sheet.cell(5, header["Код на услуга"]).protection.locked
    assert {rule.type for rule in sheet.data_validations.dataValidation} == {"whole", "decimal", "list"}


def test_unknown_municipality_has_no_template(tmp_path, lists):
    with pytest.raises(OssuError, match="няма община"):
        write_template(tmp_path / "x.xlsx", "XXX99", 2021, lists)


@pytest.mark.parametrize("year", [26, 20266, -1])
def test_a_year_of_two_digits_is_no_year(tmp_path, lists, year):
    with pytest.raises(OssuError, match="четири цифри"):
        write_template(tmp_path / "a.xlsx", "SML02", year, lists)
