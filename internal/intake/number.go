package intake

import (
	"strings"

	"muntija/internal/arabic"
	"muntija/internal/identity"
	"muntija/internal/place"
	"muntija/internal/registry"
)

// identity reads the number of an identity document of the chosen type.
func (c *checker) identity(typeField, numberField, typ, raw string) (idType, number string) {
	idType = code[string](c, "id_type", typ)
	switch {
	case raw == "":
		return idType, ""
	case typ == "":
		c.add(typeField, "problem.required")
		return "", ""
	case idType == "": // said already
		return "", ""
	}
	n, err := identity.Parse(identity.Type(idType), raw, c.Today)
	if err != nil {
		c.fail(numberField, err)
		return idType, ""
	}
	return idType, n.Canonical
}

// crossCheck warns where the document's number and the fields beside it do not go together. Nothing of it blocks: see package identity.
func (c *checker) crossCheck(l registry.LeadProducer) {
	if l.IDNumber == "" {
		return
	}
	stated := identity.Stated{BirthDate: l.BirthDate, Sex: string(l.Sex), Nationality: l.Nationality, CheckDigit: c.CheckDigit}
	for _, h := range identity.CrossCheck(identity.Number{Type: identity.Type(l.IDType), Canonical: l.IDNumber}, stated) {
		c.warn("lead."+h.Field, h.Key, h.Args...)
	}
}

// phone reads a phone number into E.164, one without a country code as the party's.
func (c *checker) phone(name, s string) string {
	if s == "" {
		return ""
	}
	p, err := identity.ParsePhone(s, c.Party)
	if err != nil {
		c.fail(name, err)
		return ""
	}
	return p.Canonical()
}

// nationality reads an ISO 3166-1 alpha-2 code, or the country's name as a workbook may hold it.
func (c *checker) nationality(name, s string) string {
	if s == "" {
		return ""
	}
	if n, ok := place.NationByCode(strings.ToUpper(s)); ok {
		return n.Code
	}
	if n, ok := place.NationByFolded(arabic.Fold(s)); ok {
		return n.Code
	}
	c.add(name, "problem.choice")
	return ""
}

// formalNumber reads the number of a formal item by the rules of its kind.
func (c *checker) formalNumber(kind registry.FormalKind, s string) string {
	if s == "" {
		return ""
	}
	switch kind {
	case "tax_card":
		if c.Party != place.Egypt {
			break
		}
		n, err := identity.ParseTIN(s)
		if err != nil {
			c.fail("number", err)
			return ""
		}
		return n.Canonical()
	case "wallet":
		return c.phone("number", s)
	case "bank_account":
		// An IBAN if it begins like one; else the bank's own number, which many home producers know by heart alone.
		s = c.number("number", s)
		switch {
		case s == "":
		case strings.HasPrefix(s, "EG") || strings.HasPrefix(s, "QA"):
			n, err := identity.ParseIBAN(s)
			if err != nil {
				c.fail("number", err)
				return ""
			}
			return n.Canonical()
		case len(s) < 6 || len(s) > 34:
			c.add("number", "problem.account")
			return ""
		}
		return s
	}
	return c.number("number", s)
}
