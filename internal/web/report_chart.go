package web

import (
	"strconv"

	"muntija/internal/programme"
)

func monthOf(m int) programme.Month { return programme.Month(m) }

// printChart is a panel as bars that lie, drawn by the server: paper has no script. Units are those of its drawing, 100 to the longest bar.
type printChart struct {
	Rows []printBar
}

type printBar struct {
	Name  string
	Text  string
	Parts []printPart
}

type printPart struct {
	X, W string
	Tone int
}

// summed reports whether the series are parts of a whole.
func (v *panelView) summed() bool { return len(v.Lines) > 0 && v.Lines[0].Sum != "" }

// printBars draws the lines of a panel, 15 at most; nil where there is nothing to draw. Series that are parts of a whole stand in one bar, others below each other would say
// nothing more than the table: of them the first is drawn.
func printBars(v *panelView) *printChart {
	if v.Empty || len(v.Lines) == 0 {
		return nil
	}
	stacked := v.summed()
	sums := make([]int64, len(v.Lines))
	most := int64(0)
	for i, l := range v.Lines {
		for j, c := range l.Cells {
			if (stacked || j == 0) && c.N != "" {
				sums[i] += c.Raw.N
			}
		}
		most = max(most, sums[i])
	}
	if most == 0 {
		return nil
	}
	out := &printChart{}
	for _, l := range v.Lines[:min(len(v.Lines), 15)] {
		row := printBar{Name: l.Name, Text: l.Sum}
		if !stacked {
			row.Text = l.Cells[0].Text
		}
		at := int64(0)
		for j, c := range l.Cells {
			if c.N == "" || c.Raw.N == 0 || !stacked && j > 0 {
				continue
			}
			row.Parts = append(row.Parts, printPart{X: hundredths(at, most), W: hundredths(c.Raw.N, most), Tone: j})
			at += c.Raw.N
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

// hundredths writes n of most as a share of a hundred with one decimal.
func hundredths(n, most int64) string {
	t := n * 1000 / most
	return strconv.FormatInt(t/10, 10) + "." + strconv.FormatInt(t%10, 10)
}
