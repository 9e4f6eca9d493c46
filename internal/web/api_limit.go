package web

import (
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/gofiber/fiber/v2"

	"muntija/internal/fault"
)

// Requests in one minute: of a token, of an address that needs none, and of an address whose tokens are refused.
const (
	tokenLimit   = 600
	openLimit    = 240
	refusedLimit = 30

	limitWindow = time.Minute
	limitKeys   = 50_000 // kept at most; then the windows that have ended are forgotten
)

// limiter counts requests of the programming interface in windows of a minute. Counts are this process's own and not kept.
type limiter struct {
	now  func() time.Time
	mu   sync.Mutex
	seen map[string]*limitCount
}

type limitCount struct {
	begins time.Time
	n      int
}

func newLimiter(now func() time.Time) *limiter {
	return &limiter{now: now, seen: map[string]*limitCount{}}
}

// take counts one request and says in headers what is left (RateLimit header fields for HTTP, draft 10); fault.Limited if nothing is.
func (l *limiter) take(c *fiber.Ctx, policy, who string, quota int) error {
	left, wait := l.count(policy+" "+who, quota)
	seconds := int((wait + time.Second - 1) / time.Second)
	c.Set("RateLimit-Policy", fmt.Sprintf(`"%s";q=%d;w=%d`, policy, quota, int(limitWindow/time.Second)))
	c.Set("RateLimit", fmt.Sprintf(`"%s";r=%d;t=%d`, policy, max(0, left), seconds))
	if left < 0 {
		c.Set("Retry-After", strconv.Itoa(seconds))
		return fault.New(fault.Limited, "error.api.limited", seconds)
	}
	return nil
}

// count returns how many requests are left in the window, -1 if this one is too many, and when the window ends.
func (l *limiter) count(key string, quota int) (left int, wait time.Duration) {
	now := l.now()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.seen) >= limitKeys {
		for k, x := range l.seen {
			if now.Sub(x.begins) >= limitWindow {
				delete(l.seen, k)
			}
		}
	}
	x := l.seen[key]
	if x == nil || now.Sub(x.begins) >= limitWindow || now.Before(x.begins) {
		x = &limitCount{begins: now}
		l.seen[key] = x
	}
	wait = x.begins.Add(limitWindow).Sub(now)
	if x.n >= quota {
		return -1, wait
	}
	x.n++
	return quota - x.n, wait
}
