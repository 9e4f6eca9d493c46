package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"muntija/internal/locale"
	"muntija/internal/sheet"
)

// exportColumns are the 25 columns of the benchmark: names, ids, places, choices with drop-downs, real dates.
const exportColumns = "number,lead.given_name,lead.rest_of_name,lead.id_number,lead.birth_date,lead.sex,lead.marital_status,lead.education,lead.breadwinner,lead.phones[0].number," +
	"address.area,address.district,address.village,household.size,household.dependents,household.income_band,project.name,project.craft,project.activity,project.stage,finance.est_value," +
	"state,overall,submitted,valid_until"

// benchExport times the program's own command on a registry of its own size: finding, opening, writing, audit; its peak is that of the whole process.
func benchExport(ctx context.Context, rows int, limit time.Duration, memory int) error {
	whole := *families
	*families = rows
	dir, err := largeRegistry(ctx)
	*families = whole
	if err != nil {
		return err
	}
	const exporter = "exporter@bench.example"
	users := exec.CommandContext(ctx, *serverFlag, "user", "list", "--data", dir)
	if said, err := users.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, said)
	} else if !bytes.Contains(said, []byte(exporter)) {
		add := exec.CommandContext(ctx, *serverFlag, "user", "add", "--data", dir, "--email", exporter, "--name", "محللة", "--role", "reviewer", "--party", "EG")
		if said, err := add.CombinedOutput(); err != nil {
			return fmt.Errorf("%w: %s", err, said)
		}
	}
	best, peak, size := time.Hour, 0, int64(0)
	for range 3 {
		out := filepath.Join(dir, "export.xlsx")
		if err := os.Remove(out); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		cmd := exec.CommandContext(ctx, *serverFlag, "export", "families", "--as", exporter, "--data", dir, "--out", out, "--columns", exportColumns)
		var said bytes.Buffer
		cmd.Stderr = &said
		start := time.Now()
		most, err := runMeasured(cmd)
		if err != nil {
			return fmt.Errorf("%w: %s", err, said.String())
		}
		best, peak = min(best, time.Since(start)), max(peak, most)
		info, err := os.Stat(out)
		if err != nil {
			return err
		}
		size = info.Size()
		if err := os.Remove(out); err != nil {
			return err
		}
		if best > 20*time.Second {
			break
		}
	}
	fmt.Printf("export: %d rows × 25 columns with styles and drop-downs, %d MB, in %s (%.0f rows/s), peak %d MB of the whole process; target %s: %s, %d MB: %s\n\n", rows, size>>20,
		best.Round(time.Millisecond), float64(rows)/best.Seconds(), peak, limit, verdict(best <= limit), memory, verdict(peak < memory))
	return nil
}

// benchMark times the marking of a sender's workbook: 100,000 rows of 25 columns, one in twenty bad in two cells.
func benchMark(context.Context) error {
	body, err := roster(*rosterRows)
	if err != nil {
		return err
	}
	book, err := sheet.Open(bytes.NewReader(body), int64(len(body)))
	if err != nil {
		return err
	}
	rosters, err := book.FindRosters()
	if err != nil {
		return err
	}
	m := sheet.SheetMarks{Roster: rosters[0]}
	for row := rosters[0].First; row < rosters[0].First+*rosterRows; row++ {
		mark := sheet.RowMark{Row: row, Kind: sheet.MarkDone, Status: sheet.DoneWord("ar")}
		if row%20 == 7 {
			mark = sheet.RowMark{Row: row, Kind: sheet.MarkProblem, Status: "لم يُستورد", Note: "الرقم القومي: اكتب الرقم كاملًا، 14 رقمًا"}
			m.Cells = append(m.Cells, sheet.CellMark{Row: row, Col: 5, Kind: sheet.MarkProblem, Text: "اكتب الرقم كاملًا، 14 رقمًا"}, sheet.CellMark{Row: row, Col: 12, Kind: sheet.MarkWarning, Text: "راجع المحافظة"})
		}
		m.Rows = append(m.Rows, mark)
	}
	best := time.Hour
	for range 3 {
		runtime.GC()
		start := time.Now()
		err := book.Mark(io.Discard, sheet.Marks{Lang: "ar", Say: locale.Default().For(locale.Arabic).T, At: time.Now(), Sheets: []sheet.SheetMarks{m}})
		if err != nil {
			return err
		}
		best = min(best, time.Since(start))
	}
	fmt.Printf("mark: a workbook of %d rows × %d columns, %d cells coloured with comments, in %s (%.0f rows/s); target 8 s: %s\n\n", *rosterRows, len(rosterColumns), len(m.Cells),
		best.Round(time.Millisecond), float64(*rosterRows)/best.Seconds(), verdict(best <= 8*time.Second))
	return nil
}
