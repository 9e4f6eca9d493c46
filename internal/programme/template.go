package programme

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"sync"
)

//go:embed templates.json
var templateText []byte

// TemplateAction is one action that a template proposes.
type TemplateAction struct {
	Need   Need
	Days   int // from the beginning of the plan
	AR, EN string
}

// In returns the action's words in a language.
func (a TemplateAction) In(lang string) string {
	if lang == "en" {
		return a.EN
	}
	return a.AR
}

// UnmarshalJSON reads [need, days, Arabic, English].
func (a *TemplateAction) UnmarshalJSON(b []byte) error {
	row := []any{&a.Need, &a.Days, &a.AR, &a.EN}
	if err := json.Unmarshal(b, &row); err != nil {
		return err
	}
	if len(row) != 4 {
		return fmt.Errorf("an action of a template has %d parts, want 4", len(row))
	}
	return nil
}

var templates = sync.OnceValue(func() map[string][]TemplateAction {
	var t struct {
		Shared []TemplateAction            `json:"shared"`
		Groups map[string][]TemplateAction `json:"groups"`
	}
	if err := json.Unmarshal(templateText, &t); err != nil {
		panic(fmt.Errorf("the templates of development plans: %w", err))
	}
	out := make(map[string][]TemplateAction, len(t.Groups))
	for code, own := range t.Groups {
		out[code] = append(append([]TemplateAction(nil), own...), t.Shared...)
	}
	return out
})

// Template returns the actions that are proposed for a product group (registry.Crafts), by the day they are due; nil for a group that there is not.
func Template(craft string) []TemplateAction { return templates()[craft] }
