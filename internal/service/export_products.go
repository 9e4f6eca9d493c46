package service

import (
	"muntija/internal/auth"
	"muntija/internal/registry"
	"muntija/internal/sheet"
	"muntija/internal/store"
)

// productsExport gives each product a row, with its own number, that of its family and where it stands with the committee. Written with all columns it is read back
// by the import without a question and without a change; the committee's columns are for reading alone.
var productsExport = &exportKind{name: "products", action: auth.ProductView,
	defaults: []string{sheet.FieldNumber, "lead.name", "address.area", sheet.FieldProduct, "product.name_ar", "product.craft", "product.type", "product.materials", "product.handmade",
		"product.unit", "product.price", "product.currency", "product.capacity", "product.state", "product.score", "product.photos"},
	columns: func(x *exportRun) []exportColumn {
		lang, party := x.spec.Lang, partyOf(x.actor)
		number := x.numberColumn()
		number.Title = sheet.HeaderFor(sheet.Products, sheet.FieldNumber, lang)
		name := x.nameColumn()
		name.Title = x.say("field.export.producer") // as the import passes over it: "المنتِج/ة" would be taken for a product
		out := []exportColumn{number, name, x.recordColumn("project.name"), x.recordColumn("address.area"),
			{OutColumn: sheet.ColumnFor(sheet.Products, sheet.FieldProduct, lang, party), value: func(it *exportItem) sheet.Value { return sheet.IntValue(it.product.ID) }}}
		for _, f := range sheet.ProductFields() {
			show := sheet.ProductValueOf(f, lang)
			c := exportColumn{OutColumn: sheet.ColumnFor(sheet.Products, f, lang, party), value: func(it *exportItem) sheet.Value { return show(&it.product.Record) }}
			if f == "product.type" {
				c.Kind = sheet.OutChoice
				c.value = func(it *exportItem) sheet.Value {
					t := x.types[it.product.Record.Type]
					return sheet.TextValue(t.Name(lang))
				}
			}
			out = append(out, c)
		}
		column := func(key string, kind sheet.OutKind, value func(p *store.ProductRow) sheet.Value) exportColumn {
			return exportColumn{OutColumn: sheet.OutColumn{Key: "product." + key, Title: x.say("field.product." + key), Kind: kind}, value: func(it *exportItem) sheet.Value { return value(it.product) }}
		}
		state := column("state", sheet.OutChoice, func(p *store.ProductRow) sheet.Value {
			return sheet.TextValue(x.say("enum.product_state." + string(p.Status.State)))
		})
		for _, s := range registry.ProductStates() {
			state.Choices = append(state.Choices, x.say("enum.product_state."+string(s)))
		}
		return append(out, state,
			column("score", sheet.OutInt, func(p *store.ProductRow) sheet.Value {
				if p.Status.DecidedAt.IsZero() {
					return sheet.Value{}
				}
				return sheet.IntValue(int64((p.Status.Score + 50) / 100))
			}),
			column("photos", sheet.OutInt, func(p *store.ProductRow) sheet.Value { return sheet.IntValue(int64(p.Photos)) }),
			column("submitted", sheet.OutInstant, func(p *store.ProductRow) sheet.Value { return sheet.InstantValue(p.Status.SubmittedAt.In(zone)) }),
			column("decided", sheet.OutInstant, func(p *store.ProductRow) sheet.Value { return sheet.InstantValue(p.Status.DecidedAt.In(zone)) }))
	},
	prepare: func(x *exportRun, tx *store.Tx) error {
		lines, err := taxonomy(tx, partyOf(x.actor))
		x.types = make(map[string]registry.Taxon, len(lines))
		for _, t := range lines {
			x.types[t.Code] = t
		}
		for i := range x.columns {
			if x.columns[i].Key == "product.type" {
				x.columns[i].Choices = sheet.TypeTitles(lines, x.spec.Lang)
			}
		}
		return err
	},
	beside: func(_ *exportRun, b *openedBatch, tx *store.Tx, ids []int64) error {
		var err error
		b.products, err = tx.ProductsIn(ids)
		return err
	},
	items: func(x *exportRun, f *store.SealedFamily) []exportItem {
		products := x.products[f.ID]
		out := make([]exportItem, len(products))
		for i := range products {
			out[i] = exportItem{family: f, product: &products[i]}
		}
		return out
	},
}
