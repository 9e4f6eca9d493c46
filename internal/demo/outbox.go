package demo

import (
	"context"
	"fmt"

	"muntija/internal/auth"
	"muntija/internal/courier"
	"muntija/internal/intake"
	"muntija/internal/place"
	"muntija/internal/service"
)

// templates are what the demo's ministries write to families over SMS.
var templates = map[service.MessageKind]intake.Template{
	service.MessageApproved: {ARText: "{name}، قُبل تسجيل أسرتكم المنتجة برقم {number}، وهو سارٍ حتى {valid_until}.", ENText: "{name}, your productive family is registered under {number}, until {valid_until}."},
	service.MessageReturned: {ARText: "{name}، يحتاج طلب التسجيل {number} إلى استكمال. سيتصل بكم الباحث الميداني.", ENText: "{name}, registration {number} needs completing. The field worker will call you."},
	service.MessageInvited: {ARText: "{name}، أنتم مدعوون إلى معرض {exhibition} في {place} ابتداءً من {first}. الرجاء الرد حتى {deadline}.",
		ENText: "{name}, you are invited to {exhibition}, {place}, from {first}. Please answer by {deadline}."},
}

// writeTemplates puts the templates of both parties in force, and gives the analyst's statistics program its key.
func (l *loader) writeTemplates(ctx context.Context) error {
	for _, party := range place.Countries() {
		admin := l.who(party, auth.Administrator, "", 0)
		for _, kind := range service.MessageKinds() {
			form, ok := templates[kind]
			if !ok {
				continue
			}
			form.Active, form.Langs = "yes", "ar"
			if party == place.Qatar {
				form.Langs = "both"
			}
			if err := l.svc.Messages.PutTemplate(ctx, admin, kind, courier.SMS, &form, l.write(0)); err != nil {
				return fmt.Errorf("template %s: %w", kind, err)
			}
		}
	}
	_, err := l.svc.Tokens.Make(ctx, l.who(place.Egypt, auth.Analyst, "", 0), &intake.Token{Name: "خادم الإحصاء، القاهرة", Days: "180", Scopes: []string{string(auth.ScopeFamiliesRead), string(auth.ScopeFiguresRead)}}, l.write(0))
	return err
}
