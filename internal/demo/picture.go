package demo

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/jpeg"
	"math"
	"math/rand/v2"

	"muntija/internal/media"
)

// Pictures of made-up products: each is a function of the point, so that the same seed draws the same picture on every machine. A shape is a signed
// distance (below zero inside, in units of the half picture), a cloth is a colour for each point.

// side is the width and height of a picture in pixels.
const side = 480

type rgb [3]float64

func hex(v uint32) rgb {
	return rgb{float64(v>>16&255) / 255, float64(v>>8&255) / 255, float64(v&255) / 255}
}

func (c rgb) mix(d rgb, t float64) rgb {
	t = min(max(t, 0), 1)
	return rgb{c[0] + (d[0]-c[0])*t, c[1] + (d[1]-c[1])*t, c[2] + (d[2]-c[2])*t}
}

func (c rgb) times(f float64) rgb { return rgb{c[0] * f, c[1] * f, c[2] * f} }

// palettes are warm cloths with one cool colour: ground, two main colours, an accent, a light.
var palettes = [][5]rgb{
	{hex(0xf2e3c9), hex(0x8f3a1d), hex(0x1d5c57), hex(0xe0a338), hex(0xfff6e6)},
	{hex(0xeadbc8), hex(0x7a2230), hex(0x24435f), hex(0xd98e3f), hex(0xfbf1e2)},
	{hex(0xe8e0cf), hex(0x2f5d50), hex(0xa5482c), hex(0xe6b94f), hex(0xfdf8ec)},
	{hex(0xf0dccb), hex(0x59304f), hex(0xb4562f), hex(0x3f7f7a), hex(0xfff3e4)},
	{hex(0xe6dccb), hex(0x33415c), hex(0xb03a2e), hex(0xdfa94a), hex(0xfaf3e6)},
}

type point struct{ x, y float64 }

func circle(p point, cx, cy, r float64) float64 { return math.Hypot(p.x-cx, p.y-cy) - r }

func box(p point, cx, cy, w, h, round float64) float64 {
	dx, dy := math.Abs(p.x-cx)-w+round, math.Abs(p.y-cy)-h+round
	return math.Hypot(max(dx, 0), max(dy, 0)) + min(max(dx, dy), 0) - round
}

// turned is a profile turned on a wheel: half widths at heights from top to bottom, smooth between them.
func turned(p point, top, bottom float64, widths ...float64) float64 {
	t := (p.y - top) / (bottom - top)
	if t < 0 || t > 1 {
		return math.Max(top-p.y, p.y-bottom) + max(0, math.Abs(p.x)-widths[0])
	}
	at := t * float64(len(widths)-1)
	i := min(int(at), len(widths)-2)
	f := at - float64(i)
	f = f * f * (3 - 2*f)
	return math.Abs(p.x) - (widths[i] + (widths[i+1]-widths[i])*f)
}

func wave(v float64) float64 { return math.Abs(math.Mod(math.Abs(v), 2) - 1) }

// cloth is a woven or carved pattern.
type cloth func(p point) rgb

// kilim is rows of stepped diamonds.
func kilim(c [5]rgb, scale float64) cloth {
	return func(p point) rgb {
		x, y := p.x*scale, p.y*scale
		step := math.Floor(wave(x)*6)/6 + math.Floor(wave(y)*6)/6
		out := c[0]
		switch {
		case math.Mod(math.Floor(y/2+50), 4) == 0 && wave(y*2) > .9:
			out = c[3]
		case step > 1.45:
			out = c[1]
		case step > 1.2:
			out = c[3]
		case step > .95:
			out = c[2]
		case step < .2:
			out = c[4]
		}
		return out.times(.92 + .08*wave(p.y*90))
	}
}

// bands is stripes with small diamonds in every third, as sadu has them.
func bands(c [5]rgb, scale float64) cloth {
	return func(p point) rgb {
		y := p.y * scale
		n := int(math.Floor(y + 100))
		f := y - math.Floor(y)
		out := c[[4]int{1, 0, 2, 0}[n%4]]
		if n%2 == 0 && wave(p.x*scale*2.4)+math.Abs(f-.5)*2 > 1.25 {
			out = c[[2]int{3, 4}[n/2%2]]
		}
		if f < .08 {
			out = c[3]
		}
		return out.times(.9 + .1*wave(p.x*120))
	}
}

// stars is eight-pointed stars of the tent-makers and of arabesque.
func stars(c [5]rgb, scale float64) cloth {
	return func(p point) rgb {
		x, y := math.Mod(p.x*scale+40, 2)-1, math.Mod(p.y*scale+40, 2)-1
		a, b := max(math.Abs(x), math.Abs(y)), (math.Abs(x)+math.Abs(y))*math.Sqrt2/2
		star := min(a, b)
		switch {
		case star < .2:
			return c[3]
		case star < .42:
			return c[4]
		case star < .62:
			return c[1]
		case star < .68:
			return c[3]
		case max(a, b) > 1.0:
			return c[2]
		}
		return c[0]
	}
}

// weave is over and under, as palm leaves are plaited.
func weave(c [5]rgb, scale float64) cloth {
	return func(p point) rgb {
		x, y := p.x*scale, p.y*scale
		n, m := math.Floor(x), math.Floor(y)
		over := math.Mod(n+m+1000, 2) == 0
		f := y - m
		out := c[0].mix(c[3], .55)
		if !over {
			f, out = x-n, c[3].mix(c[1], .25)
		}
		if math.Mod(n+1000, 7) == 3 {
			out = out.mix(c[1], .7)
		}
		if math.Mod(m+1000, 9) == 4 {
			out = out.mix(c[2], .6)
		}
		return out.times(.75 + .25*math.Sin(f*math.Pi))
	}
}

// stitches is a cross-stitch border around flowers.
func stitches(c [5]rgb, scale float64) cloth {
	return func(p point) rgb {
		n, m := math.Floor(p.x*scale), math.Floor(p.y*scale)
		u, v := math.Mod(math.Abs(n), 12)-6, math.Mod(math.Abs(m), 12)-6
		d := math.Abs(u) + math.Abs(v)
		fx, fy := p.x*scale-n-.5, p.y*scale-m-.5
		cross := math.Abs(math.Abs(fx)-math.Abs(fy)) < .22
		out := c[0]
		switch {
		case !cross:
			return out.times(.97)
		case d < 1.5:
			out = c[3]
		case d < 4:
			out = c[1]
		case d < 5.2 && math.Mod(math.Abs(u)+math.Abs(v), 2) < 1:
			out = c[2]
		case d > 10:
			out = c[2]
		}
		return out
	}
}

func plain(a rgb) cloth { return func(point) rgb { return a } }

// layer is a shape with what it is made of. gloss lights its left shoulder; soft is how wide its shadow falls.
type layer struct {
	shape func(p point) float64
	cloth cloth
	gloss float64
	flat  bool // no rounding by light
	thin  float64
}

// scene is layers on a ground.
type scene struct {
	ground cloth
	layers []layer
}

func (s *scene) at(p point) rgb {
	out := s.ground(p)
	for i := range s.layers {
		l := &s.layers[i]
		shadow := l.shape(point{p.x - .05, p.y - .07})
		if shadow < .12 && !l.flat {
			out = out.times(1 - .28*min(1, max(0, (.12-shadow)/.24)))
		}
		d := l.shape(p)
		edge := 2.0 / side
		if d > edge {
			continue
		}
		c := l.cloth(p)
		if !l.flat {
			c = c.times(.62 + .38*min(1, -d*7+.25)) // darker towards the rim
		}
		if l.gloss > 0 {
			c = c.mix(rgb{1, 1, 1}, l.gloss*math.Exp(-math.Pow((d+.11)*14, 2))*max(0, -p.x*1.6+.25))
		}
		cover := min(1, (edge-d)/(2*edge))
		if l.thin > 0 {
			cover *= l.thin
		}
		out = out.mix(c, cover)
	}
	return out
}

// sceneOf composes the picture of a craft.
func sceneOf(craft string, r *rand.Rand) *scene {
	c := palettes[r.IntN(len(palettes))]
	v := func(a, b float64) float64 { return a + (b-a)*r.Float64() }
	wall := c[0].mix(rgb{1, 1, 1}, .35)
	s := &scene{ground: func(p point) rgb {
		if p.y > .52 {
			return wall.mix(c[3], .28).times(1 - .06*(p.y-.52))
		}
		return wall.times(1.02 - .09*math.Hypot(p.x+.4, p.y+.5))
	}}
	add := func(l layer) { s.layers = append(s.layers, l) }
	cover := func(pattern cloth) { // cloth that hangs before the wall
		w, h := v(.72, .8), v(.78, .84)
		add(layer{shape: func(p point) float64 { return box(p, 0, 0, w, h, .02) }, cloth: plain(c[1].times(.9)), flat: true})
		add(layer{shape: func(p point) float64 { return box(p, 0, 0, w-.05, h-.05, .01) }, cloth: pattern, flat: true})
		add(layer{shape: func(p point) float64 { // fringe
			return max(math.Abs(math.Abs(p.y)-h-.04)-.04, .012*math.Sin(p.x*190)-.004, math.Abs(p.x)-w)
		}, cloth: plain(c[4]), flat: true})
	}
	vessel := func(pattern cloth, top, bottom float64, gloss float64, widths ...float64) {
		add(layer{shape: func(p point) float64 { return turned(p, top, bottom, widths...) }, cloth: pattern, gloss: gloss})
	}
	banded := func(ground rgb, freq float64) cloth {
		pattern := stitches(c, 26)
		return func(p point) rgb {
			if k := math.Mod(math.Abs(p.y)*freq, 1); k < .34 {
				return pattern(point{math.Asin(max(-1, min(1, p.x*1.6))) / 1.6, p.y})
			}
			return ground
		}
	}
	jar := func(cx, top, w, h float64, content rgb) {
		add(layer{shape: func(p point) float64 { return box(p, cx, top+h, w, h, .09) }, cloth: plain(content), gloss: .5})
		add(layer{shape: func(p point) float64 { return box(p, cx, top-.02, w*.82, .07, .03) }, cloth: plain(c[1])})
		add(layer{shape: func(p point) float64 { return box(p, cx, top+h*1.05, w*.72, h*.42, .03) }, cloth: plain(c[4]), flat: true})
		add(layer{shape: func(p point) float64 { return box(p, cx, top+h*.95, w*.5, .018, .01) }, cloth: plain(c[2]), flat: true})
		add(layer{shape: func(p point) float64 { return box(p, cx, top+h*1.12, w*.4, .012, .01) }, cloth: plain(c[3]), flat: true})
	}
	switch craft {
	case "TX":
		cover(bands(c, v(4, 6)))
	case "CK":
		cover(kilim(c, v(3.4, 5)))
	case "EM":
		cover(stitches(c, v(26, 34)))
	case "KH":
		cover(stars(c, v(2, 3.2)))
	case "CL":
		dress := func(p point) float64 {
			body := turned(p, -.62, .8, .17, .2, .27, .34, .42, .5)
			arms := max(math.Abs(p.y+.36-math.Abs(p.x)*.25)-.13, math.Abs(p.x)-.66)
			return min(body, arms)
		}
		add(layer{shape: dress, cloth: plain(c[1].times(.8))})
		trim := stitches(c, 34)
		add(layer{shape: func(p point) float64 { return max(dress(p), math.Abs(p.x)-.07) }, cloth: trim, flat: true})
		add(layer{shape: func(p point) float64 { return max(dress(p), .68-p.y) }, cloth: trim, flat: true})
	case "CR":
		rings := v(8, 11)
		add(layer{shape: func(p point) float64 { return circle(p, 0, 0, .74+.025*math.Cos(math.Atan2(p.y, p.x)*24)) }, cloth: func(p point) rgb {
			d, a := math.Hypot(p.x, p.y), math.Atan2(p.y, p.x)
			if math.Cos(d*rings*math.Pi)*.6+math.Cos(a*24)*.5 > .35 {
				return c[2].times(.55)
			}
			return c[[3]int{4, 0, 3}[int(d*rings/2)%3]].times(.9 + .1*math.Cos(a*96))
		}})
	case "PT":
		vessel(banded(c[1].mix(c[3], .35), v(1.6, 2.2)), -.62, .68, .45, .2, .14, v(.24, .3), v(.42, .52), v(.4, .5), .26, .24)
	case "GL":
		tint := []rgb{c[2], hex(0x2a6f97), hex(0x52796f)}[r.IntN(3)]
		vessel(plain(tint.mix(rgb{1, 1, 1}, .25)), -.68, .66, .8, .09, .07, .08, v(.2, .3), v(.38, .46), .34, .22)
		add(layer{shape: func(p point) float64 { return circle(p, .48, .44, .2) }, cloth: plain(c[3].mix(rgb{1, 1, 1}, .2)), gloss: .8, thin: .85})
	case "MT":
		copper := hex(0xb8692f)
		vessel(banded(copper, 2.6), -.4, .66, .9, .1, .16, .34, .4, .3, .34)
		add(layer{shape: func(p point) float64 { return circle(p, 0, -.5, .09) }, cloth: plain(copper.times(1.1)), gloss: .9})
		add(layer{shape: func(p point) float64 { return math.Abs(circle(p, .36, .02, .26)) - .035 }, cloth: plain(copper.times(.9)), gloss: .7})
		add(layer{shape: func(p point) float64 { return max(math.Abs(p.y+.05-(-p.x-.3)*.9)-.05, math.Abs(p.x+.48)-.2) }, cloth: plain(copper), gloss: .8})
	case "JW":
		add(layer{shape: func(p point) float64 { return circle(p, 0, .15, .86) }, cloth: plain(c[1].times(.55)), flat: true})
		for i := range 15 {
			a := math.Pi * (.08 + .84*float64(i)/14)
			cx, cy, big := math.Cos(a)*.56, -.3+math.Sin(a)*.62, .05+.035*math.Sin(a)
			stone := []rgb{hex(0xd9dde0), c[3], hex(0xd9dde0), c[2].mix(rgb{1, 1, 1}, .2)}[i%4]
			add(layer{shape: func(p point) float64 { return circle(p, cx, cy, big) }, cloth: plain(stone), gloss: 1})
		}
		add(layer{shape: func(p point) float64 { return math.Abs(p.x)*1.2 + math.Abs(p.y-.5)*.8 - .14 }, cloth: plain(c[3]), gloss: 1})
	case "WD":
		wood := hex(0x7b4a24)
		lattice := stars([5]rgb{wood.times(1.25), wood.times(.55), wood.times(.4), hex(0xf3ead8), hex(0xe9d7b3)}, v(2.6, 3.6))
		add(layer{shape: func(p point) float64 { return box(p, 0, .08, .74, .52, .05) }, cloth: plain(wood.times(.7))})
		add(layer{shape: func(p point) float64 { return box(p, 0, .08, .66, .44, .02) }, cloth: lattice, flat: true})
		add(layer{shape: func(p point) float64 { return box(p, 0, .08, .07, .09, .02) }, cloth: plain(c[3]), gloss: .9})
	case "LE":
		hide := hex(0x8a4b22).mix(c[1], .3)
		add(layer{shape: func(p point) float64 { return math.Abs(box(p, 0, -.3, .36, .36, .3)) - .035 }, cloth: plain(hide.times(.7))})
		add(layer{shape: func(p point) float64 { return box(p, 0, .22, .62, .46, .1) }, cloth: plain(hide), gloss: .25})
		add(layer{shape: func(p point) float64 { return max(box(p, 0, .22, .62, .46, .1), p.y-.24-.1*math.Cos(p.x*3)) }, cloth: plain(hide.times(.82))})
		add(layer{shape: func(p point) float64 {
			return max(math.Abs(box(p, 0, .22, .56, .4, .08))-.008, .006-.012*math.Cos((p.x+p.y)*130))
		}, cloth: plain(c[4]), flat: true})
		add(layer{shape: func(p point) float64 { return box(p, 0, .3, .07, .07, .02) }, cloth: plain(c[3]), gloss: .9})
	case "PL":
		add(layer{shape: func(p point) float64 { return math.Abs(circle(p, 0, -.1, .5)) - .04 }, cloth: plain(c[3].mix(c[1], .4))})
		vessel(weave(c, v(15, 19)), -.12, .68, 0, .62, .6, .52, .44)
	case "ST":
		stone := hex(0xe9dcc3)
		veins := func(p point) rgb { return stone.times(.88 + .12*wave(p.x*3+math.Sin(p.y*7+p.x*4)*1.3)) }
		vessel(veins, -.6, .66, .6, .22, .1, .12, .36, .46, .3, .2, .26)
	case "PF":
		vessel(plain(c[2].mix(rgb{1, 1, 1}, .15)), -.2, .66, .9, .1, .38, .44, .4, .34)
		add(layer{shape: func(p point) float64 { return box(p, 0, -.3, .1, .12, .02) }, cloth: plain(c[3]), gloss: .9})
		add(layer{shape: func(p point) float64 { return math.Abs(p.x)*1.1 + math.Abs(p.y+.52)*.9 - .15 }, cloth: plain(c[3].times(.95)), gloss: 1})
		add(layer{shape: func(p point) float64 { return box(p, 0, .3, .22, .16, .02) }, cloth: plain(c[4]), flat: true})
		add(layer{shape: func(p point) float64 { return math.Abs(circle(p, 0, .3, .1)) - .012 }, cloth: plain(c[1]), flat: true})
	case "CO":
		for i, x := range []float64{-.3, .32, 0} {
			y := []float64{.36, .36, -.1}[i]
			bar := []rgb{c[4], c[0].mix(c[2], .35), c[3].mix(rgb{1, 1, 1}, .35)}[i]
			add(layer{shape: func(p point) float64 { return box(p, x, y, .3, .2, .08) }, cloth: plain(bar), gloss: .3})
			add(layer{shape: func(p point) float64 { return math.Abs(box(p, x, y, .2, .11, .04)) - .01 }, cloth: plain(bar.times(.75)), flat: true})
		}
	case "FD":
		jar(-.34, -.3, .28, .46, []rgb{hex(0xc9861f), hex(0x7a3b12), hex(0x8a9a3b)}[r.IntN(3)])
		jar(.3, -.12, .25, .37, []rgb{hex(0x5b2414), hex(0xd9a441), hex(0xa33b20)}[r.IntN(3)])
	case "FF":
		add(layer{shape: func(p point) float64 { return circle(p, 0, .1, .78) }, cloth: weave(c, 16)})
		for i := range 7 {
			a := float64(i) * math.Pi / 3
			cx, cy := math.Cos(a)*.42, .1+math.Sin(a)*.42
			if i == 6 {
				cx, cy = 0, .1
			}
			add(layer{shape: func(p point) float64 { return circle(p, cx, cy, .2) }, cloth: func(p point) rgb {
				base := hex(0xd79a4b)
				if math.Sin(p.x*70+float64(i))*math.Sin(p.y*64) > .72 {
					return hex(0xf6e7bd)
				}
				return base
			}, gloss: .2})
		}
	case "AR":
		add(layer{shape: func(p point) float64 { return box(p, 0, 0, .72, .72, .01) }, cloth: plain(hex(0x5a3b22)), flat: false})
		add(layer{shape: func(p point) float64 { return box(p, 0, 0, .64, .64, .01) }, cloth: plain(c[4]), flat: true})
		for i := range 5 {
			ph, amp, y := v(0, 6), v(.1, .24), -.36+float64(i)*.17
			ink := c[1+i%3]
			add(layer{shape: func(p point) float64 {
				return max(math.Abs(p.y-y-amp*math.Sin(p.x*4+ph))-.035*math.Abs(math.Cos(p.x*3+ph))-.006, math.Abs(p.x)-.54)
			}, cloth: plain(ink), flat: true})
		}
	case "TO":
		add(layer{shape: func(p point) float64 { return turned(p, -.1, .76, .12, .3, .44, .52) }, cloth: kilim(c, 7)})
		add(layer{shape: func(p point) float64 { return circle(p, 0, -.34, .27) }, cloth: plain(hex(0xe2b48c))})
		add(layer{shape: func(p point) float64 { return max(circle(p, 0, -.38, .31), p.y+.42) }, cloth: plain(c[2])})
		for _, x := range []float64{-.1, .1} {
			add(layer{shape: func(p point) float64 { return circle(p, x, -.32, .026) }, cloth: plain(hex(0x2a211c)), flat: true})
		}
	case "AG":
		vessel(banded(c[1].mix(c[3], .4), 2), .18, .74, .3, .34, .33, .26, .22)
		for i := range 9 {
			a := -math.Pi * (.1 + .8*float64(i)/8)
			cx, cy := math.Cos(a)*v(.22, .42), .12+math.Sin(a)*v(.18, .5)
			add(layer{shape: func(p point) float64 { return circle(p, cx, cy, .17) }, cloth: plain(hex(0x4f7a3a).times(v(.75, 1.1)))})
			if i%2 == 0 {
				add(layer{shape: func(p point) float64 { return circle(p, cx, cy, .085+.02*math.Cos(math.Atan2(p.y-cy, p.x-cx)*5)) }, cloth: plain(c[1].mix(rgb{1, .6, .6}, .3))})
			}
		}
	default:
		cover(stars(c, 2.5))
	}
	return s
}

// drawProduct draws the n-th picture of a craft and makes it safe as an upload is.
func drawProduct(craft string, n uint64) *media.File {
	r := rand.New(rand.NewPCG(n, uint64(craft[0])<<8|uint64(craft[1])))
	s := sceneOf(craft, r)
	m := image.NewRGBA(image.Rect(0, 0, side, side))
	for y := range side {
		for x := range side {
			p := point{2*float64(x)/side - 1, 2*float64(y)/side - 1}
			c := s.at(point{p.x * 1.08, p.y * 1.08})
			m.SetRGBA(x, y, color.RGBA{byteOf(c[0]), byteOf(c[1]), byteOf(c[2]), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 88}); err != nil {
		panic(err)
	}
	f, err := media.Process(context.Background(), &b, craft+".jpg", media.DefaultLimits())
	if err != nil {
		panic(err)
	}
	return f
}

func byteOf(v float64) uint8 { return uint8(min(max(v, 0), 1)*255 + .5) }
