"""Small plans of ``tests/data/plans`` as files: what a person would hand in."""

from pathlib import Path

import yaml

PLANS = Path(__file__).parents[2] / "data" / "plans"


def plans(split):
    return yaml.safe_load((PLANS / f"{split}.yaml").read_text(encoding="utf-8"))


def write_plan(plan, folder):
    """Write one plan of a YAML as the kind of file that it asks for."""
    path = folder / f"{plan['name']}.{plan['format']}"
    {"docx": _docx, "xlsx": _xlsx, "pdf": _pdf}[plan["format"]](plan["blocks"], path)
    return path


def _docx(blocks, path):
    import docx

    document = docx.Document()
    for block in blocks:
        if "h" in block:
            document.add_heading(block["h"], 1)
        elif "p" in block:
            document.add_paragraph(block["p"])
        else:
            if "caption" in block["t"]:
                document.add_paragraph(block["t"]["caption"])
            rows = block["t"]["rows"]
            table = document.add_table(len(rows), len(rows[0]))
            for cells, row in zip(table.rows, rows, strict=True):
                for cell, value in zip(cells.cells, row, strict=True):
                    cell.text = str(value)
    document.save(path)


def _xlsx(blocks, path):
    import openpyxl

    book = openpyxl.Workbook()
    sheet, at = book.active, 1
    for block in blocks:
        rows = block["t"]["rows"] if "t" in block else [[block.get("h") or block["p"]]]
        if "t" in block and "caption" in block["t"]:
            rows = [[block["t"]["caption"]], *rows]
        for row in rows:
            for column, value in enumerate(row, 1):
                sheet.cell(at, column, None if value == "" else value)
            at += 1
        at += 1
    book.save(path)


def _pdf(blocks, path):
    import matplotlib
    from fpdf import FPDF

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    pdf = FPDF()
    pdf.add_page()
    for style, file in (("", "DejaVuSans.ttf"), ("B", "DejaVuSans-Bold.ttf")):
        pdf.add_font("sans", style, fonts / file)
    for block in blocks:
        if "t" in block:
            pdf.set_font("sans", size=10)
            if "caption" in block["t"]:
                pdf.multi_cell(0, 6, block["t"]["caption"], new_x="LMARGIN", new_y="NEXT")
            with pdf.table() as table:
                for cells in block["t"]["rows"]:
                    table.row([str(cell) for cell in cells])
        else:
            pdf.set_font("sans", size=15 if "h" in block else 10)
            pdf.multi_cell(0, 8, block.get("h") or block["p"], new_x="LMARGIN", new_y="NEXT")
    pdf.output(str(path))
