package intake

import (
	"sync"

	"github.com/go-playground/validator/v10"

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
	for _, party := range place.Countries() {
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

// validate is the one validator: it knows the formats that a tag may name, such as "email".
var validate = sync.OnceValue(func() *validator.Validate { return validator.New() })
