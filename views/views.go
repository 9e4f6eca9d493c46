// Package views embeds the templates of the pages: layout/ (the frame), partial/ (what pages share) and page/<area>/ (one file a page).
// internal/web/render parses them and its package comment says how to write one; this package only holds the files.
package views

import "embed"

// Files is the root of the templates: layout, partial and page.
//
//go:embed layout partial page
var Files embed.FS
