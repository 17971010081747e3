"""The finished run: its folder, tables, pages and open data, and the register of the runs of a project."""
