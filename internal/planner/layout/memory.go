package layout

// Memory is an estimate of the bytes that laying out a hall that Check has passed needs, in so many threads.
func Memory(p *Problem, threads int) int64 {
	n := int64(len(p.Booths))
	square := n * n
	sum := square * 12 // who may stand where, who is near whom
	for _, given := range []bool{p.Distances != nil, p.Flows != nil, p.Aversions != nil} {
		if given {
			sum += square * 8
		}
	}
	if n <= tabuBooths {
		sum += square * 8 * 3 * (2 + int64(threads)*6) // up to three layers; in each thread those twice, and two tables
	}
	return 16<<20 + sum + int64(threads)*n*2000
}
