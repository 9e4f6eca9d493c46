package service

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/auth"
	"muntija/internal/fault"
	"muntija/internal/intake"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// productDecision is what is to become of one product of a row.
type productDecision struct {
	have    *registry.Product // that is there already; nil for a new one
	record  registry.ProductRecord
	changes []registry.Change
}

// productLine is what the journal says of a product that a row wrote.
type productLine struct {
	ID      int64                   `json:"id"`
	Version int64                   `json:"v"`           // when the import had written it
	Before  *registry.ProductRecord `json:"b,omitempty"` // nil: the import entered it
	Status  *registry.ProductStatus `json:"s,omitempty"`
}

// entering are the families that the rows above will enter, as a dry run has it: products further down may name them.
type entering map[string]registry.Project

func (e entering) add(r *rosterRow, d *decision) {
	if e == nil || d.outcome != RowNew && d.outcome != RowDraft {
		return
	}
	project := registry.Project{Craft: d.record.Project.Craft, Materials: d.record.Project.Materials} // a product that says neither has those of its family
	for _, key := range []string{"lead.id_number\x1f" + d.record.Lead.IDNumber, "case.file_no\x1f" + d.record.Case.FileNo, r.keyField + "\x1f" + r.key} {
		e[key] = project
	}
}

// productRow finds the family of a row of a sheet of products.
func (im *importer) productRow(tx *store.Tx, r *rosterRow, d *decision, w found) error {
	d.outcome = RowUnchanged
	var id int64
	if number := r.products[0].ID; number != "" {
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			d.problem(-1, sheet.FieldProduct, "import.problem.unknown_product")
			return nil
		}
		p, err := tx.ProductByID(store.Scope{Party: im.m.Party}, n)
		if fault.Is(err, fault.NotFound) {
			d.problem(-1, sheet.FieldProduct, "import.problem.unknown_product")
			return nil
		}
		if err != nil {
			return err
		}
		id = p.FamilyID
	}
	if r.key != "" {
		m, p := im.match(r, w)
		switch {
		case p != nil:
			d.outcome, d.problems = RowProblem, append(d.problems, *p)
			return nil
		case m != nil && id != 0 && m.FamilyID != id:
			d.problem(-1, sheet.FieldProduct, "import.problem.other_family")
			return nil
		case m != nil:
			id = m.FamilyID
		case id == 0:
			if project, ok := im.entering[r.keyField+"\x1f"+r.key]; ok {
				d.record = &registry.Record{Project: project}
				return nil
			}
		}
	}
	if id == 0 {
		d.problem(-1, r.keyField, "import.problem.no_family")
		return nil
	}
	f, err := load(tx, im.actor, auth.ProductEdit, id)
	if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Forbidden) {
		field := r.keyField
		if field == "" {
			field = sheet.FieldProduct
		}
		d.problem(-1, field, "import.problem.product_elsewhere")
		return nil
	}
	if err != nil {
		return err
	}
	d.family, d.record = f, &f.Record
	return nil
}

// decideProducts decides about the products of a row whose family is decided about. In the row of a family a product that lacks something is left out and said to
// be; anything else that is wrong with one keeps the row out, as it does in any other cell.
func (im *importer) decideProducts(tx *store.Tx, r *rosterRow, d *decision) error {
	var have []registry.Product
	closed := false // its products stay as they are; a row that changes nothing about them is no error
	if d.family != nil {
		if !r.product && auth.Allow(im.actor, auth.ProductEdit, subjectOf(d.family)) != nil {
			d.problem(-1, "product.name_ar", "import.problem.product_elsewhere")
			return nil
		}
		closed = !d.family.Status.State.Active() || d.family.Status.State == registry.Graduated
		var err error
		if have, err = tx.ProductsOf(d.family.ID); err != nil {
			return err
		}
	}
	if im.types == nil {
		lines, err := taxonomy(tx, im.m.Party)
		if err != nil {
			return err
		}
		im.types = &lines
	}
	taken, fresh := map[int64]bool{}, 0
	left := false
	for i := range r.products {
		p, x := im.oneProduct(&r.products[i], d, have, taken)
		ok, whole := sound(p.Problems)
		d.problems = append(d.problems, productProblems(r, p)...)
		switch {
		case !ok, !whole && r.product:
			d.outcome = RowProblem
		case !whole:
			left = true
		case x.have == nil:
			fresh++
			d.products = append(d.products, x)
		case len(x.changes) > 0:
			d.products = append(d.products, x)
		}
		for _, c := range x.changes {
			if !r.product {
				c.Path = strings.Replace(c.Path, "product.", "product["+strconv.Itoa(i)+"].", 1)
			}
			d.productChanges = append(d.productChanges, c)
		}
	}
	switch {
	case d.outcome == RowProblem:
	case closed && len(d.products) > 0:
		d.problem(-1, r.keyField, "error.product.family", d.family.Status.State.Title())
	case len(have)+fresh > maxProducts:
		d.problem(-1, "product.name_ar", "error.product.too_many", maxProducts)
	case d.outcome == RowUnchanged && len(d.products) > 0:
		d.outcome = RowProducts
	case d.outcome == RowUnchanged && left:
		d.outcome = RowProblem
	}
	if d.outcome == RowProblem {
		d.products, d.productChanges = nil, nil
	}
	return nil
}

// productProblems names the fields of a product's problems as their sheet does, and says on which row they are.
func productProblems(r *rosterRow, p *sheet.Product) []sheet.CellProblem {
	out := slices.Clone(p.Problems)
	for i := range out {
		if r.product {
			out[i].Field = registry.StripIndex(out[i].Field)
		}
		if p.Row != r.n {
			out[i].Row = p.Row
		}
	}
	return out
}

// oneProduct lays what a row says over the product that the family has, by its number or its name, and checks it as the form does.
func (im *importer) oneProduct(in *sheet.Product, d *decision, have []registry.Product, taken map[int64]bool) (*sheet.Product, productDecision) {
	p := *in
	p.Problems = slices.Clone(in.Problems)
	form := *in.Form
	x := productDecision{have: productNamed(in, have, taken)}
	base := &intake.Product{}
	if x.have != nil {
		taken[x.have.ID] = true
		base = intake.FromProduct(&x.have.Record)
	}
	kept := base.Values()
	for _, field := range in.Weak {
		if kept[field] != "" {
			form.Empty(field)
		}
	}
	if in.Type != "" {
		craft := form.Craft
		if craft == "" {
			craft = base.Craft
		}
		if code, group, ok := typeNamed(*im.types, craft, in.Type); ok {
			form.Type = code
			if craft == "" {
				form.Craft = group
			}
		} else {
			p.Add(fault.Problems{{Field: "type", Key: "problem.product_type"}})
		}
	}
	types := map[string]string{}
	for _, t := range *im.types {
		if t.Parent != "" {
			types[t.Code] = t.Parent
		}
	}
	ctx := intake.Context{Party: im.m.Party, Today: im.today, Now: im.now}
	typed, _ := form.Check(ctx, types)
	out := *base
	out.Lay(&form, intake.FromProduct(&typed))
	for _, field := range in.Blanks {
		out.Empty(field)
	}
	project := &d.record.Project
	if out.Craft == "" {
		out.Craft = project.Craft
	}
	if out.Materials == "" && len([]rune(project.Materials)) <= intake.ProductLength("materials") {
		out.Materials = project.Materials
	}
	var ps fault.Problems
	x.record, ps = out.Check(ctx, types)
	p.Add(ps)
	before := &registry.ProductRecord{}
	if x.have != nil {
		before = &x.have.Record
	}
	x.changes = before.Changes(&x.record)
	if x.have == nil || len(x.changes) == 0 {
		if len(x.changes) == 0 {
			p.Problems = slices.DeleteFunc(p.Problems, func(p sheet.CellProblem) bool { return p.Severity != fault.Blocking }) // what stands was said when it was entered
		}
		return &p, x
	}
	switch state := x.have.Status.State; {
	case !state.Editable():
		p.Add(fault.Problems{{Field: "name_ar", Key: "error.product_state.edit", Args: []any{state.Title()}}})
	case state == registry.ProductApproved && x.have.Record.Material(&x.record):
		p.Add(fault.Problems{{Field: "name_ar", Key: "import.problem.product_leaves", Severity: fault.Warning}})
	}
	return &p, x
}

// productNamed is the product that a row means: by its number, else by its name among those that are still made.
func productNamed(in *sheet.Product, have []registry.Product, taken map[int64]bool) *registry.Product {
	name := arabic.Fold(in.Form.NameAR)
	for i := range have {
		p := &have[i]
		switch {
		case taken[p.ID]:
		case in.ID != "":
			if strconv.FormatInt(p.ID, 10) == in.ID {
				return p
			}
		case name != "" && p.Status.State != registry.ProductWithdrawn && arabic.Fold(p.Record.NameAR) == name:
			return p
		}
	}
	return nil
}

// typeNamed finds a type of a taxonomy by its name or code: within a group, or, if craft is "", in the only group that has one of this name.
func typeNamed(lines []registry.Taxon, craft, name string) (code, group string, ok bool) {
	folded := arabic.Fold(name)
	for i := range lines {
		t := &lines[i]
		if t.Parent == "" || craft != "" && t.Parent != craft || arabic.Fold(t.NameAR) != folded && arabic.Fold(t.NameEN) != folded && !strings.EqualFold(t.Code, name) {
			continue
		}
		if ok {
			return "", "", false
		}
		code, group, ok = t.Code, t.Parent, true
	}
	return code, group, ok
}

// applyProducts writes what was decided about the products of a row, as their form would.
func (im *importer) applyProducts(tx *store.Tx, f *registry.Family, d *decision) ([]productLine, error) {
	products := &Products{core: im.s.core}
	var out []productLine
	for _, x := range d.products {
		if x.have == nil {
			p, err := products.create(tx, im.actor, f, x.record, im.now, im.note())
			if err != nil {
				return nil, err
			}
			out = append(out, productLine{ID: p.ID, Version: p.Version})
			continue
		}
		before, status := x.have.Record, x.have.Status
		if err := products.edit(tx, im.actor, x.have, f, x.record, im.now, im.note()); err != nil {
			return nil, err
		}
		out = append(out, productLine{ID: x.have.ID, Version: x.have.Version, Before: &before, Status: &status})
	}
	return out, nil
}

// productsOf reads the products that a row wrote, for taking them back. It reports false if one was saved since, or is no longer the person's to change.
func (im *importer) productsOf(tx *store.Tx, f *registry.Family, lines []productLine) ([]*registry.Product, bool, error) {
	if len(lines) == 0 {
		return nil, true, nil
	}
	if auth.Allow(im.actor, auth.ProductEdit, subjectOf(f)) != nil {
		return nil, false, nil
	}
	var out []*registry.Product
	for _, l := range lines {
		p, err := tx.ProductByID(store.Scope{Party: im.m.Party}, l.ID)
		if err != nil {
			return nil, false, err
		}
		if p.Version != l.Version || l.Before == nil && !p.Status.State.Allows(registry.ProductWithdraw) {
			return nil, false, nil
		}
		out = append(out, p)
	}
	return out, true, nil
}

// takeBackProducts withdraws the products that a row entered and puts those back that it changed.
func (im *importer) takeBackProducts(tx *store.Tx, f *registry.Family, products []*registry.Product, lines []productLine) error {
	for i, p := range products {
		var e registry.ProductEvent
		var changes []registry.Change
		if l := lines[i]; l.Before != nil {
			changes = p.Record.Changes(l.Before)
			e = p.Recall(*l.Before, *l.Status, im.actor.UserID, im.now)
		} else {
			var err error
			if e, err = p.Withdraw(im.actor.UserID, im.now); err != nil {
				return err
			}
		}
		e.Note = im.note()
		if err := tx.UpdateProduct(p); err != nil {
			return err
		}
		if err := tx.InsertProductEvent(&e); err != nil {
			return err
		}
		if err := productAudit(tx, im.actor, im.now, string(auth.ImportUndo), p, f, append(changes, stateChange(&e)...), im.note()); err != nil {
			return err
		}
	}
	return nil
}

// addProducts counts the products that a row writes.
func (c *ImportCounts) addProducts(d *decision) {
	for _, x := range d.products {
		if x.have == nil {
			c.ProductsNew++
		} else {
			c.ProductsChanged++
		}
	}
}

// into puts what the journal says of a row into its line, if there is anything to say.
func (b *rowBody) into(line *store.ImportRow) error {
	if len(b.Problems) == 0 && len(b.Changes) == 0 && b.Before == nil && len(b.Products) == 0 && len(b.Joined) == 0 {
		return nil
	}
	var err error
	if line.Body, err = json.Marshal(b); err != nil {
		return fmt.Errorf("writing the journal: %w", err)
	}
	return nil
}
