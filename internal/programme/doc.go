// Package programme holds what the memorandum promises a registered family beyond its registration: the way into the formal economy ([Standing] on the
// ladder of [Rung]s) beside its social protection.
//
// # Design
//
// Everything here is computed from the registration as it stands on a day: no rung is ever typed in, so none can contradict the papers. The rungs are those of
// the domain notes (5.3); what proves a rung differs by country and is a table ([rungs]), because the two laws do.
//
// # Limits
//
// Whether climbing ends a benefit is for the social unit to say. The texts beside a rung state what the law says and when to ask, and promise nothing.
package programme
