"""Prints what openpyxl reads of a workbook as JSON: each sheet with its direction and the cells of its rows, as "t:text", "n:12.5" or "d:2026-03-01T10:30:00"."""
import datetime
import json
import sys

import openpyxl

path = sys.argv[1]
streamed = openpyxl.load_workbook(path, read_only=True)
whole = openpyxl.load_workbook(path)


def shown(v):
    if v is None or v == "":
        return ""
    if isinstance(v, bool):
        return "b:%d" % v
    if isinstance(v, datetime.datetime):
        return "d:" + v.replace(microsecond=0).isoformat() if v.microsecond < 500000 else "d:" + (v + datetime.timedelta(seconds=1)).replace(microsecond=0).isoformat()
    if isinstance(v, (int, float)):
        return "n:%.6f" % v
    return "t:" + str(v)


out = []
for s in streamed.worksheets:
    w = whole[s.title]
    comments = sorted(c.coordinate for row in w.iter_rows() for c in row if c.comment)
    filled = sorted(c.coordinate for row in w.iter_rows() for c in row if c.fill.fill_type == "solid")
    rows = [[shown(c.value) for c in row] for row in s.rows]
    formulas = sorted(c.coordinate for row in w.iter_rows() for c in row if c.data_type == "f")
    out.append({"name": s.title, "rtl": bool(w.sheet_view.rightToLeft), "hidden": w.sheet_state != "visible", "rows": rows, "filter": w.auto_filter.ref or "",
                "frozen": w.freeze_panes or "", "charts": len(w._charts), "lists": len([v for v in w.data_validations.dataValidation if v.type == "list"]),
                "comments": comments, "filled": filled, "formulas": formulas})
json.dump(out, sys.stdout, ensure_ascii=False)
