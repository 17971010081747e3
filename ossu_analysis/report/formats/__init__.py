"""How a document of the content model becomes a file: Word, an Excel workbook, an HTML page."""
