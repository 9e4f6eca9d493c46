// Package verify checks plans without trusting whoever made them. It shares no code with the solvers: it reads the problem and the plan, adds up what they
// claim, and recomputes the proof of the bound. A plan that has a finding cannot be released.
package verify
