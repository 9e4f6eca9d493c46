package intake

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/go-playground/validator/v10"

	"muntija/internal/fault"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// IDTypes are the kinds of identity document, as package identity names them; titles are "enum.id_type.<value>".
func IDTypes() []string { return []string{"eg_nid", "qid", "passport"} }

// Choices returns the values of a code list that a party's form offers, in the order of display: a list of package registry, "craft" or
// "id_type".
func Choices(list string, party place.Country) []string {
	switch list {
	case "id_type":
		return IDTypes()
	case "craft":
		var out []string
		for _, c := range registry.Crafts() {
			out = append(out, c.Code)
		}
		return out
	}
	return registry.CodesFor(list, string(party))
}

// choices holds Choices as sets, by party and list.
var choices = sync.OnceValue(func() map[place.Country]map[string]map[string]bool {
	m := map[place.Country]map[string]map[string]bool{}
	names := []string{"id_type", "craft"}
	for _, l := range registry.Lists() {
		names = append(names, l.Name)
	}
	for _, party := range []place.Country{"EG", "QA"} {
		m[party] = map[string]map[string]bool{}
		for _, name := range names {
			set := map[string]bool{}
			for _, code := range Choices(name, party) {
				set[code] = true
			}
			m[party][name] = set
		}
	}
	return m
})

type partyKey struct{}

// validate is the one validator: it caches what it learns of each struct, so it is made once.
var validate = sync.OnceValue(func() *validator.Validate {
	v := validator.New(validator.WithRequiredStructEnabled())
	v.RegisterTagNameFunc(func(f reflect.StructField) string {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		return name
	})
	err := v.RegisterValidationCtx("code", func(ctx context.Context, fl validator.FieldLevel) bool {
		party, _ := ctx.Value(partyKey{}).(place.Country)
		return choices()[party][fl.Param()][fl.Field().String()]
	})
	if err != nil {
		panic(err) // the tag's name is ours
	}
	return v
})

// parties are the contexts that carry a party to the rule "code", made once because a check is made often.
var parties = map[place.Country]context.Context{
	"EG": context.WithValue(context.Background(), partyKey{}, place.Country("EG")),
	"QA": context.WithValue(context.Background(), partyKey{}, place.Country("QA")),
}

// shape checks a struct by its tags.
func (pl *plan) shape(party place.Country, in any) fault.Problems {
	ctx := parties[party]
	if ctx == nil {
		ctx = context.Background() // no party, no codes
	}
	err := validate().StructCtx(ctx, in)
	if err == nil {
		return nil
	}
	var ps fault.Problems
	var all validator.ValidationErrors
	if !errors.As(err, &all) {
		panic(err) // not a struct: ours
	}
	for _, e := range all {
		_, field, _ := strings.Cut(e.Namespace(), ".")
		if l := pl.byPath[registry.StripIndex(field)]; l != nil && l.multi {
			field = l.path
		}
		switch e.Tag() {
		case "max":
			n, _ := strconv.Atoi(e.Param())
			if e.Kind() == reflect.Slice {
				ps.Add(field, "problem.too_many_rows", n)
			} else {
				ps.Add(field, "problem.too_long", n)
			}
		case "required":
			ps.Add(field, "problem.required")
		case "email":
			ps.Add(field, "problem.email")
		default: // code
			ps.Add(field, "problem.choice")
		}
	}
	return ps
}
