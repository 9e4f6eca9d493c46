package main

import (
	"math"
	"math/rand/v2"
	"time"
)

// robustTabu is the robust tabu search of Taillard (1991) as it is published, for comparison: the table of changes with mending in constant time, tabu terms drawn from 0.9 to
// 1.1 n, the aspiration of long forbidden exchanges, no restart. It stops at the deadline and returns the least Σ f·d that it saw.
func robustTabu(f, d [][]int64, seed uint64, until time.Time) int64 {
	n := len(f)
	r := rand.New(rand.NewPCG(seed, 0x7a15))
	p := r.Perm(n)
	cost := int64(0)
	delta, tabu := make([][]int64, n), make([][]int, n)
	for i := range n {
		delta[i], tabu[i] = make([]int64, n), make([]int, n)
		for j := range n {
			cost += f[i][j] * d[p[i]][p[j]]
			tabu[i][j] = -(n*i + j)
		}
	}
	full := func(i, j int) int64 {
		a, b := p[i], p[j]
		sum := (f[i][i]-f[j][j])*(d[b][b]-d[a][a]) + (f[i][j]-f[j][i])*(d[b][a]-d[a][b])
		for k := range n {
			if k != i && k != j {
				c := p[k]
				sum += (f[k][i]-f[k][j])*(d[c][b]-d[c][a]) + (f[i][k]-f[j][k])*(d[b][c]-d[a][c])
			}
		}
		return sum
	}
	for i := range n {
		for j := i + 1; j < n; j++ {
			delta[i][j] = full(i, j)
		}
	}
	best, aspire := cost, 5*n*n
	for round := 1; round%64 != 0 || time.Now().Before(until); round++ {
		u, v, least, wanted := -1, -1, int64(math.MaxInt64), false
		for i := range n {
			for j := i + 1; j < n; j++ {
				a, b := tabu[i][p[j]], tabu[j][p[i]]
				aspired := a < round-aspire && b < round-aspire || cost+delta[i][j] < best
				if aspired && !wanted || (aspired == wanted && delta[i][j] < least && (aspired || a < round || b < round)) {
					u, v, least = i, j, delta[i][j]
					wanted = wanted || aspired
				}
			}
		}
		if u < 0 {
			continue
		}
		a, b := p[u], p[v]
		p[u], p[v] = b, a
		cost += least
		tabu[u][a] = round + 9*n/10 + r.IntN(n/5+1)
		tabu[v][b] = round + 9*n/10 + r.IntN(n/5+1)
		best = min(best, cost)
		for i := range n {
			for j := i + 1; j < n; j++ {
				if i == u || i == v || j == u || j == v {
					delta[i][j] = full(i, j)
					continue
				}
				x, y := p[i], p[j]
				delta[i][j] += (f[u][i]-f[u][j]+f[v][j]-f[v][i])*(d[b][y]-d[b][x]+d[a][x]-d[a][y]) + (f[i][u]-f[j][u]+f[j][v]-f[i][v])*(d[y][b]-d[x][b]+d[x][a]-d[y][a])
			}
		}
	}
	return best
}
