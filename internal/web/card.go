package web

import (
	"muntija/internal/fault"
	"muntija/internal/service"
)

// cardPage is the Body of card/card.
type cardPage struct {
	*service.Card
	Craft, Area string // names
	Office      string // message key of the issuing ministry
	Address     string // what the code carries
	ViewBox     string
	Path        string // of the code
}

// card is the printable card of a registered family.
func (s *Server) card(r *request) error {
	id, err := r.id("id")
	if err != nil {
		return err
	}
	c, err := s.svc.Families.Card(r.ctx(), r.actor, id)
	if err != nil {
		return err
	}
	address := s.baseURL(r.c) + "/v/" + c.Token
	qr, err := s.svc.Families.CardQR(address)
	if err != nil {
		return err
	}
	w := r.words()
	return r.page(0, "card/card", nil, &cardPage{Card: c, Craft: w.craft(c.Craft), Area: w.area(c.Area), Office: "doc.ministry." + string(c.Party), Address: address,
		ViewBox: qr.ViewBox(), Path: qr.SVGPath()})
}

// verifyPage is the Body of card/verify.
type verifyPage struct {
	*service.CardCheck
	Craft, Area string
	Office      string
	Checked     string // when, on the clock of the card's country
}

// verifyCard tells anybody who scans a card what it is worth today. A token that no card carries is answered as such, with status 404.
func (s *Server) verifyCard(r *request) error {
	token := r.c.Params("token")
	if len(token) > 200 {
		return fault.New(fault.NotFound, "error.not_found")
	}
	check, err := s.svc.Families.VerifyCard(r.ctx(), token)
	if err != nil {
		return err
	}
	w := r.words()
	p := &verifyPage{CardCheck: check, Craft: w.craft(check.Craft), Area: w.area(check.Area), Office: "doc.ministry." + string(check.Party),
		Checked: w.DateTime(check.CheckedAt, zoneOf(check.Party))}
	if !check.Known {
		p.Checked += " UTC"
		return r.page(404, "card/verify", nil, p)
	}
	return r.page(0, "card/verify", nil, p)
}
