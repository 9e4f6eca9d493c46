package render

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"time"

	"muntija/internal/locale"
)

// funcs are the functions of the templates of one locale.
func funcs(l *locale.Locale, assets Assets) template.FuncMap {
	sprite := assets.Path("vendor/icons/icons.svg")
	return template.FuncMap{
		// words
		"t":    l.T,
		"n":    l.N,
		"has":  l.Has,
		"lang": l.Lang,
		"dir":  l.Dir,
		// numbers, money, dates
		"num":      func(n any) (string, error) { i, err := whole(n); return l.Num(i), err },
		"money":    l.Money,
		"percent":  func(n any) (string, error) { i, err := whole(n); return l.Percent(i), err },
		"bytes":    l.Bytes,
		"date":     l.Date,
		"hijri":    l.Hijri,
		"both":     l.Both,
		"weekday":  l.Weekday,
		"datetime": func(t time.Time, zone *time.Location) string { return l.DateTime(t, zone) },
		"ago":      l.Relative,
		"instant":  func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		// direction: what people typed goes into bdi; ids, phones and codes into ltr
		"bdi": func(s any) template.HTML { return wrap(`<bdi>`, fmt.Sprint(s), `</bdi>`) },
		"ltr": func(s any) template.HTML { return wrap(`<bdi dir="ltr" class="ltr">`, fmt.Sprint(s), `</bdi>`) },
		"agent": func(ua string) template.HTML {
			return wrap(`<bdi dir="ltr" class="ltr" title="`+template.HTMLEscapeString(ua)+`">`, agentName(ua), `</bdi>`)
		},
		// addresses
		"asset": assets.Path,
		"url":   join,
		"query": query,
		// drawing
		"icon":  func(name string) template.HTML { return icon(sprite, name, "") },
		"iconc": func(name, class string) template.HTML { return icon(sprite, name, class) },
		"badge": func(list string, value any) Badge { return badgeOf(l, list, fmt.Sprint(value)) },
		"json":  func(v any) (string, error) { b, err := json.Marshal(v); return string(b), err },
		"dict":  dict,
		"list":  func(v ...any) []any { return v },
		"add":   func(a, b int) int { return a + b },
		"int":   func(n int64) int { return int(n) }, // a count for n
		"flash": func(f Flash) string { return l.T(f.Key, f.Args...) },
		"texts": func(keys ...string) (string, error) { return texts(l, keys) },
		// forms
		"field":   func(f *Form, name string, opts ...string) (Field, error) { return field(l, f, name, opts...) },
		"choices": choices,
		"rows":    func(f *Form, group string, min int) []Row { return rows(l, f, group, min) },
		"blank":   func(f *Form, group string) Row { return blank(l, f, group) },
		"summary": func(f *Form) []SummaryItem { return summary(l, f) },
		"fieldID": FieldID,
		"echo":    func(f Field) Field { f.Echo = l.EchoDate(f.Value); return f },
	}
}

func wrap(open, text, shut string) template.HTML {
	return template.HTML(open + template.HTMLEscapeString(text) + shut) //nolint:gosec // the text is escaped here
}

// icon draws one icon of the sprite, hidden from screen readers: a text beside it or an aria-label on its button says what it means.
func icon(sprite, name, class string) template.HTML {
	if class != "" {
		class = " " + class
	}
	return template.HTML(`<svg class="icon` + template.HTMLEscapeString(class) + `" width="20" height="20" aria-hidden="true" focusable="false"><use href="` + //nolint:gosec // escaped
		template.HTMLEscapeString(sprite) + `#` + template.HTMLEscapeString(name) + `"/></svg>`)
}

func whole(v any) (int64, error) {
	switch v := v.(type) {
	case int:
		return int64(v), nil
	case int64:
		return v, nil
	case int32:
		return int64(v), nil
	case uint32:
		return int64(v), nil
	case uint64:
		return int64(v), nil //nolint:gosec // counts of things on a screen
	}
	return 0, fmt.Errorf("not a whole number: %T", v)
}

// join joins the parts of a path, each escaped: url "/families" 12 "edit" is /families/12/edit.
func join(base string, parts ...any) string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(base, "/"))
	for _, p := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(fmt.Sprint(p)))
	}
	return b.String()
}

// query adds parameters to an address, in pairs; an empty value is left out: query "/families" "state" .State "after" .Next.
func query(base string, pairs ...any) (string, error) {
	if len(pairs)%2 != 0 {
		return "", fmt.Errorf("query: a name without a value")
	}
	var parts []string
	for i := 0; i < len(pairs); i += 2 {
		if v := fmt.Sprint(pairs[i+1]); v != "" {
			parts = append(parts, url.QueryEscape(fmt.Sprint(pairs[i]))+"="+url.QueryEscape(v))
		}
	}
	switch {
	case len(parts) == 0:
		return base, nil
	case strings.Contains(base, "?"):
		return base + "&" + strings.Join(parts, "&"), nil
	}
	return base + "?" + strings.Join(parts, "&"), nil
}

func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict: a name without a value")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: a name is a %T", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// texts gives messages to a script as JSON: {"autosave.saved": "…"}, under the last part of their keys. {0} in them is for the script to fill.
func texts(l *locale.Locale, keys []string) (string, error) {
	m := make(map[string]string, len(keys))
	for _, k := range keys {
		m[k[strings.LastIndex(k, ".")+1:]] = l.T(k, locale.Raw("{0}"), locale.Raw("{1}"))
	}
	b, err := json.Marshal(m)
	return string(b), err
}

// Badge is a state shown by icon, colour and word together (WCAG 1.4.1: never by colour alone).
type Badge struct {
	Text, Icon string
	Tone       string // neutral, info, wait, good, bad or off: a class badge-<tone> of app.css
}

// badges are the icon and tone of the values of the lists that are shown as badges.
var badges = map[string]struct{ icon, tone string }{
	"exhibition_status.draft":       {"pencil", "neutral"},
	"exhibition_status.proposed":    {"send", "wait"},
	"exhibition_status.agreed":      {"heart-handshake", "good"},
	"exhibition_status.closed":      {"lock", "off"},
	"exhibition_status.cancelled":   {"ban", "bad"},
	"phase.upcoming":                {"calendar-time", "info"},
	"phase.running":                 {"building-store", "good"},
	"phase.over":                    {"flag", "wait"},
	"participation_state.applied":   {"inbox", "info"},
	"participation_state.eligible":  {"clipboard-check", "info"},
	"participation_state.refused":   {"circle-x", "bad"},
	"participation_state.waiting":   {"hourglass", "wait"},
	"participation_state.invited":   {"mail", "wait"},
	"participation_state.accepted":  {"circle-check", "good"},
	"participation_state.declined":  {"circle-minus", "off"},
	"participation_state.expired":   {"clock", "off"},
	"participation_state.withdrawn": {"logout", "off"},
	"allocation_state.committed":    {"lock", "info"},
	"allocation_state.solved":       {"list-check", "wait"},
	"allocation_state.accepted":     {"circle-check", "good"},
	"allocation_state.dropped":      {"trash", "off"},
	"season_draft.draft":            {"edit", "info"},
	"season_draft.released":         {"circle-check", "good"},
	"season_draft.retired":          {"history", "off"},
	"season_draft.dropped":          {"trash", "off"},
	"run_state.queued":              {"hourglass", "neutral"},
	"run_state.running":             {"hourglass", "info"},
	"run_state.done":                {"circle-check", "good"},
	"run_state.cancelled":           {"ban", "off"},
	"run_state.failed":              {"alert-circle", "bad"},
	"plan_check.good":               {"shield-check", "good"},
	"plan_check.bad":                {"alert-circle", "bad"},
	"placing_outcome.chosen":        {"circle-check", "good"},
	"placing_outcome.waiting":       {"hourglass", "wait"},
	"placing_outcome.not":           {"circle-minus", "off"},
	"travel_list.white":             {"circle-check", "good"},
	"travel_list.yellow":            {"alert-triangle", "wait"},
	"travel_list.stop":              {"ban", "bad"},

	"state.draft":             {"pencil", "neutral"},
	"state.submitted":         {"send", "info"},
	"state.under_review":      {"file-search", "info"},
	"state.returned":          {"arrow-back-up", "wait"},
	"state.approved":          {"circle-check", "good"},
	"state.rejected":          {"circle-x", "bad"},
	"state.suspended":         {"player-pause", "wait"},
	"state.expired":           {"clock", "off"},
	"state.withdrawn":         {"logout", "off"},
	"state.graduated":         {"award", "good"},
	"state.merged":            {"copy", "off"},
	"outcome.met":             {"circle-check", "good"},
	"outcome.not_met":         {"circle-x", "bad"},
	"outcome.missing":         {"help-circle", "wait"},
	"outcome.review":          {"eye", "info"},
	"outcome.needs_review":    {"eye", "info"},
	"outcome.waived":          {"hand-stop", "info"},
	"outcome.not_applicable":  {"minus", "off"},
	"token_state.good":        {"circle-check", "good"},
	"token_state.ended":       {"clock-hour-4", "off"},
	"token_state.revoked":     {"ban", "off"},
	"hook_state.on":           {"circle-check", "good"},
	"hook_state.off":          {"ban", "off"},
	"out_state.waiting":       {"hourglass", "info"},
	"out_state.sent":          {"circle-check", "good"},
	"out_state.dead":          {"circle-x", "bad"},
	"out_state.dropped":       {"ban", "off"},
	"job_state.queued":        {"hourglass", "neutral"},
	"job_state.running":       {"hourglass", "info"},
	"job_state.done":          {"circle-check", "good"},
	"job_state.failed":        {"circle-x", "bad"},
	"job_state.cancelled":     {"ban", "off"},
	"import_state.mapping":    {"table", "wait"},
	"import_state.checking":   {"progress-check", "info"},
	"import_state.ready":      {"hourglass", "wait"},
	"import_state.running":    {"progress-check", "info"},
	"import_state.done":       {"circle-check", "good"},
	"import_state.cancelled":  {"ban", "off"},
	"import_state.failed":     {"circle-x", "bad"},
	"import_state.undoing":    {"progress-check", "info"},
	"import_state.undone":     {"rotate", "off"},
	"set_state.in_force":      {"circle-check", "good"},
	"set_state.draft":         {"pencil", "neutral"},
	"set_state.published":     {"calendar-time", "info"},
	"set_state.retired":       {"archive", "off"},
	"weight.hard":             {"gavel", "info"},
	"weight.soft":             {"note", "neutral"},
	"weight.points":           {"star", "neutral"},
	"overall.eligible":        {"circle-check", "good"},
	"overall.not_eligible":    {"circle-x", "bad"},
	"overall.incomplete":      {"help-circle", "wait"},
	"overall.needs_review":    {"eye", "info"},
	"product_state.draft":     {"pencil", "neutral"},
	"product_state.submitted": {"users", "info"},
	"product_state.returned":  {"arrow-back-up", "wait"},
	"product_state.approved":  {"circle-check", "good"},
	"product_state.withdrawn": {"logout", "off"},

	"activity_status.proposed":  {"send", "wait"},
	"activity_status.agreed":    {"heart-handshake", "good"},
	"activity_status.late":      {"alert-triangle", "bad"},
	"activity_status.held":      {"circle-check", "good"},
	"activity_status.cancelled": {"ban", "off"},
	"plan_state.draft":          {"pencil", "neutral"},
	"plan_state.released":       {"circle-check", "good"},
	"plan_state.retired":        {"archive", "off"},

	"scheme_state.draft":     {"pencil", "wait"},
	"scheme_state.published": {"circle-check", "good"},
	"scheme_state.closed":    {"lock", "off"},

	"grant_state.proposed":  {"hourglass", "wait"},
	"grant_state.approved":  {"circle-check", "info"},
	"grant_state.delivered": {"checks", "good"},
	"grant_state.refused":   {"circle-x", "bad"},
	"grant_state.withdrawn": {"arrow-back-up", "off"},

	"development_state.open":    {"progress-check", "info"},
	"development_state.done":    {"circle-check", "good"},
	"development_state.stopped": {"player-pause", "off"},
}

func badgeOf(l *locale.Locale, list, value string) Badge {
	b, ok := badges[list+"."+value]
	if !ok {
		b.icon, b.tone = "point", "neutral"
	}
	return Badge{Text: l.T("enum." + list + "." + value), Icon: b.icon, Tone: b.tone}
}
