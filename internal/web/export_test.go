package web

import (
	"bytes"

	"muntija/internal/auth"
	"muntija/internal/service"
	"muntija/internal/web/render"
)

// BoardHTML draws a view of the dashboard as a page, for tests of what no test registry holds.
func BoardHTML(pages *render.Engine, lang string, actor auth.Actor, b *service.Board) (string, error) {
	p := &render.Page{Actor: &render.Person{Name: actor.Name, Role: "auth.role." + string(actor.Role), Party: string(actor.Party)}, Search: &render.Search{Action: "/search", Suggest: "/search/suggest"},
		Zone: zoneOf(actor.Party), Body: words{pages.Locale(lang), actor.Party}.boardPage(actor, b)}
	var out bytes.Buffer
	err := pages.Render(&out, lang, "dashboard/show", p)
	return out.String(), err
}

// Routes returns the method and the pattern of every route, for tests that try them all.
func Routes() [][2]string {
	var out [][2]string
	for _, r := range table() {
		out = append(out, [2]string{r.method, r.path})
	}
	return out
}
