package auth

import "time"

// Tally is the failed sign-ins counted under one key. The store keeps three for each try: account and address together, the
// account alone, and the address alone (see [Tries]). The zero Tally is none.
type Tally struct {
	Failures int
	Last     time.Time // of the last failure
}

// forget is after how long without a failure a tally starts again from nothing.
const forget = 24 * time.Hour

// Failed returns the tally with one more failure at now.
func (t Tally) Failed(now time.Time) Tally {
	if now.Sub(t.Last) >= forget {
		t.Failures = 0
	}
	// Beyond this the wait no longer grows; the bound keeps the number from overflowing under a flood.
	return Tally{Failures: min(t.Failures, 1<<20) + 1, Last: now}
}

// Tries is what is known when somebody tries to sign in.
type Tries struct {
	Pair    Tally // this account from this address
	Account Tally // this account from any address
	Address Tally // any account from this address

	// Known: this account has signed in from this address before, and not long ago. Then failures elsewhere do not hold it up.
	Known bool
}

// limit is one line of the policy: the first free failures cost nothing, the next costs first, then each twice as much up to most.
type limit struct {
	free        int
	first, most time.Duration
}

// The policy (ASVS 5.0, 6.3.1). A person who mistypes loses seconds. Guessing one account from one address gets a quarter of an hour per try; from
// many addresses at most 1,440 tries a day against a password of twelve characters that is on no list. An office behind one address has
// many people, so its limit starts late. Nobody can lock an account for good: an address from which the account has signed in before waits
// only for its own failures.
var (
	pairLimit    = limit{free: 4, first: 2 * time.Second, most: 15 * time.Minute}
	accountLimit = limit{free: 10, first: time.Second, most: time.Minute}
	addressLimit = limit{free: 30, first: time.Second, most: 5 * time.Minute}
	codeLimit    = limit{free: 3, first: 5 * time.Second, most: 30 * time.Minute}
)

// Throttle returns how long the next try must still wait at now; 0 if it may be made. A try made before is refused without looking at the
// password, and is not counted.
func Throttle(t Tries, now time.Time) time.Duration {
	wait := max(pairLimit.wait(t.Pair, now), addressLimit.wait(t.Address, now))
	if !t.Known {
		wait = max(wait, accountLimit.wait(t.Account, now))
	}
	return wait
}

// ThrottleCode is [Throttle] for the codes of a second factor, with the user's own tally of wrong codes. Here the password is already known,
// so nobody but its owner, or a thief of it, is held up: about 50 tries a day at 3 codes in a million.
func ThrottleCode(t Tally, now time.Time) time.Duration { return codeLimit.wait(t, now) }

func (l limit) wait(t Tally, now time.Time) time.Duration {
	over := t.Failures - l.free
	since := now.Sub(t.Last)
	if over <= 0 || since >= forget {
		return 0
	}
	w := l.most
	if over <= 20 { // 2²⁰ times the first wait is beyond any most
		w = min(l.most, l.first<<(over-1))
	}
	// A clock that was set back must not make the wait longer than the policy's.
	return min(w, max(0, w-since))
}
