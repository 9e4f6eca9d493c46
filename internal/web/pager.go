package web

import "strconv"

// pager is the pages of a list by number, from 1, as the partial "pages" shows it. Prev and Next are addresses, empty at the ends.
type pager struct {
	Page, Pages int
	Prev, Next  string
}

// newPager returns the pages around one of n; at is the address of a page.
func newPager(page, n int, at func(page int) string) pager {
	p := pager{Page: page, Pages: n}
	if page > 1 {
		p.Prev = at(page - 1)
	}
	if page < n {
		p.Next = at(page + 1)
	}
	return p
}

// pageRows is how many rows a page of a list by number has: with the longest rows it stays below 60 KB.
const pageRows = 50

// paged returns the rows of the page that a request asks for by "page". What is no number is the first page, what is too large the last.
func paged[T any](r *request, list []T, at func(page int) string) ([]T, pager) {
	n := max(1, (len(list)+pageRows-1)/pageRows)
	page := 1
	if v := r.query()["page"]; len(v) == 1 {
		page, _ = strconv.Atoi(v[0])
	}
	page = min(max(1, page), n)
	from := (page - 1) * pageRows
	return list[from:min(len(list), from+pageRows)], newPager(page, n, at)
}
