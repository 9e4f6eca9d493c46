// Package allocation decides who goes to which exhibition, and proves how good the decision is.
//
// [Solve] answers a frozen model.Problem. [Leximin] and [Chances.Draw] make an equal-chance draw. [Fill] replaces somebody who declined, [Replan] mends a
// released plan with pins and a cap on changes, [Suppose] answers "what if".
//
// # Design
//
// Every limit that many exhibitors share (booths, metres, quotas, budgets) is a row with a price; what concerns one exhibitor alone (its number of places,
// overlapping dates) stays with it. At given prices each exhibitor chooses its best set by itself, and by weak duality the prices of all limits plus
// the sum of these best sets is a bound that no plan passes (Geoffrion 1974). Prices are integers, so the bound is exact and anybody can recompute it.
//
//   - One exhibition whose quotas form two trees: min-cost flow by successive shortest paths over the quotas, exact, primal equal to dual (flow.go).
//   - Prices of a season: signs first (Rprop), then Newton steps on the bound, smoothed by a kernel over the exhibitors that are nearly indifferent
//     (newton.go), on every 64th exhibitor, every 16th, every 4th, all. A subgradient method goes on where the bound of a small problem has kinks (dual.go).
//   - A plan: everybody's choice at the prices; rows that are over lose those with the least margin; then filling, and exchanges in which one exhibitor comes,
//     others go and move on (state.go, shake.go).
//   - Assignment and knapsack problems: a second bound prices each exhibitor's one place, and each exhibition fills its room by an exact knapsack (columns.go). Plans come
//     from annealing over ejection chains in terms of what each pair loses at the prices, while the prices of empty room and of overload rise from nearly nothing
//     to the whole, again and again (losses.go, walk.go, assign.go); then parts of a plan, a few exhibitions at a time, are made as good as they can be by branch
//     and bound on those knapsacks (branch.go), which proves the optimum when the part is the whole. Multiple knapsacks begin with the best set for all room
//     together, shared out (multiple.go).
//   - A Searcher (HiGHS) improves the plan on cores of the pairs near the edge, gives the prices of the linear relaxation, and proves the optimum over the pairs that
//     reduced costs leave open (core.go). It is optional: without it everything works, and what is missing is the last of the proof.
//   - Under a published rule of order, a last pass exchanges applicants of a cell until nobody has justified envy (envy.go).
//
// The time limit becomes an amount of work, so that the same problem and seed give the same bytes on every machine, whatever the number of threads (assignment
// problems excepted, which are walked by every thread); the clock is behind it as a last resort, and model.StopTime says that it was needed.
//
// # Limits
//
// Combinations of groups × exhibitions are at most 64 million. With several exhibitions a family that raises its score keeps its place whenever the optimum is
// proven; a plan within a gap of the optimum cannot promise that, one exhibition with two trees always does. On machines that fuse multiply and
// add, the prices that are found (never their proof) may differ from those found on amd64.
package allocation
