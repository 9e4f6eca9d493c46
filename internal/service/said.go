package service

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"muntija/internal/exhibition"
	"muntija/internal/fault"
	"muntija/internal/planner/planfile"
	"muntija/internal/planner/season"
)

// Said is an argument of a message as it is stored with a run: a text, a name in two languages, or a message of its own. A run is read in the language of whoever opens its
// page, so that no sentence is stored.
type Said struct {
	Text string            `json:"t,omitempty"`
	Name *exhibition.Label `json:"n,omitempty"`
	Key  string            `json:"k,omitempty"`
	Args []Said            `json:"a,omitempty"`
}

// Message is what package locale asks of an argument that is a message.
func (s Said) Message() (string, []any) { return s.Key, SaidArgs(s.Args) }

// SaidArgs returns stored arguments as package locale takes them.
func SaidArgs(list []Said) []any {
	var out []any
	for _, s := range list {
		switch {
		case s.Key != "":
			out = append(out, s)
		case s.Name != nil:
			out = append(out, *s.Name)
		default:
			out = append(out, s.Text)
		}
	}
	return out
}

// stored turns the arguments of a message into what is stored.
func stored(args []any) []Said {
	var out []Said
	for _, a := range args {
		switch a := a.(type) {
		case interface{ Message() (string, []any) }:
			key, inner := a.Message()
			out = append(out, Said{Key: key, Args: stored(inner)})
		case interface{ MessageKey() string }:
			out = append(out, Said{Key: a.MessageKey()})
		case exhibition.Label:
			out = append(out, Said{Name: &a})
		default:
			out = append(out, Said{Text: fmt.Sprint(a)})
		}
	}
	return out
}

// refusal is why a run failed: a message, and what its page says with it.
type refusal struct {
	key  string
	args []Said
}

// refusedBy turns what a planner says into a message that names what is wrong and where; without a key if there is none for it.
func refusedBy(err error, problem string) refusal {
	var wrong *planfile.Fault
	if errors.As(err, &wrong) {
		for _, k := range faultKeys {
			if errors.Is(err, k.kind) {
				problem = k.key
				break
			}
		}
	}
	var f *fault.Error
	switch {
	case errors.As(err, &f) && f.Kind != fault.Internal:
		return refusal{f.Key, stored(f.Args)}
	case wrong != nil:
		return refusal{problem, stored([]any{wrong})}
	}
	return refusal{}
}

// partPath is the path of a list's element at the beginning of a path.
var partPath = regexp.MustCompile(`^(exhibitions|venues|people|holds|conflicts)\[(\d+)\](?:\[(\d+)\])?`)

// about names the exhibition, venue or person that a fault of a season's problem is about, before the place that the planner names.
func (b *SeasonBook) about(p *season.Problem, err error) any {
	var f *planfile.Fault
	if !errors.As(err, &f) {
		return err
	}
	m := partPath.FindStringSubmatch(f.Path)
	if m == nil {
		return f
	}
	i, _ := strconv.Atoi(m[2])
	name := exhibition.Label{}
	show := func(code string) {
		if e := b.Entry(showID(code)); e != nil {
			name = exhibition.Label{AR: e.Terms.Name, EN: e.Terms.NameEN}
		}
	}
	switch m[1] {
	case "exhibitions":
		show(p.Exhibitions[i].ID)
	case "holds":
		show(p.Holds[i].Exhibition)
	case "conflicts":
		show(p.Conflicts[i][0])
	case "venues":
		if v := b.Place(p.Venues[i].ID); v != nil {
			name = v.Name
		}
	case "people":
		for _, x := range b.People {
			if personCode(x.ID) == p.People[i].ID {
				name = exhibition.Label{AR: x.Name}
			}
		}
	}
	if name.AR == "" {
		return f
	}
	return Said{Key: "planfile.at", Args: []Said{{Name: &name}, stored([]any{f})[0]}}
}
