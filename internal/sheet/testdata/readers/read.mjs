// Prints what SheetJS reads of a workbook as JSON, in the form of read.py.
import { readFileSync } from 'node:fs';
import XLSX from 'xlsx';

const book = XLSX.read(readFileSync(process.argv[2]), { cellDates: false, cellNF: true, cellFormula: true });
const shown = (c) => {
  if (!c || c.v === undefined || c.v === '') return '';
  if (c.t === 'n' && XLSX.SSF.is_date(c.z ?? '')) {
    const d = XLSX.SSF.parse_date_code(c.v);
    const two = (n) => String(n).padStart(2, '0');
    return `d:${d.y}-${two(d.m)}-${two(d.d)}T${two(d.H)}:${two(d.M)}:${two(Math.round(d.S))}`;
  }
  if (c.t === 'n') return `n:${c.v.toFixed(6)}`;
  if (c.t === 'b') return `b:${c.v ? 1 : 0}`;
  return `t:${c.v}`;
};
const out = book.SheetNames.map((name, i) => {
  const s = book.Sheets[name];
  const range = s['!ref'] ? XLSX.utils.decode_range(s['!ref']) : { s: { r: 0, c: 0 }, e: { r: -1, c: -1 } };
  const rows = [];
  const formulas = [];
  for (let r = 0; r <= range.e.r; r++) {
    const row = [];
    for (let c = 0; c <= range.e.c; c++) {
      const at = XLSX.utils.encode_cell({ r, c });
      row.push(shown(s[at]));
      if (s[at]?.f) formulas.push(at);
    }
    rows.push(row);
  }
  return { name, rtl: Boolean(book.Workbook?.Views?.[0]?.RTL), hidden: Boolean(book.Workbook?.Sheets?.[i]?.Hidden), rows, filter: s['!autofilter']?.ref ?? '', formulas: formulas.sort() };
});
process.stdout.write(JSON.stringify(out));
