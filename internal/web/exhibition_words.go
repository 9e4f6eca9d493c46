package web

import (
	"context"
	"strings"
	"time"

	"muntija/internal/auth"
	"muntija/internal/calendar"
	"muntija/internal/intake"
	"muntija/internal/service"
)

// stepDo and wordsDo are use-cases on one thing, without and with a text.
type (
	stepDo  func(ctx context.Context, actor auth.Actor, id int64, w service.Write) error
	wordsDo func(ctx context.Context, actor auth.Actor, id int64, form *intake.Words, w service.Write) error
)

func splitOn(s, by string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, by)
}

func cutFirst(s, by string) (before, after string, found bool) { return strings.Cut(s, by) }

func cutLast(s, by string) (before, after string, found bool) {
	if i := strings.LastIndex(s, by); i >= 0 {
		return s[:i], s[i+len(by):], true
	}
	return s, "", false
}

// officeZone is where the office's days begin, as in package service.
var officeZone = time.FixedZone("UTC+3", 3*60*60)

// today is the day at the office.
func (r *request) today() calendar.Date { return calendar.Of(r.s.svc.Now().In(officeZone)) }
