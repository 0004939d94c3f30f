package artwork

import (
	"fmt"
	"strings"
)

// Size is the width and the height of a picture, in pixels.
const Size = 800

// MaxViews is the number of views of one thing: Path's n is from 1 to MaxViews.
const MaxViews = 5

// picture is what a path asks for.
type picture struct {
	set    *Set
	shape  shape
	colour rgb
	hash   uint32 // chooses background, pattern and accent
	view   int    // 1 to MaxViews
}

// pick returns some bits of the hash as a number below n; each use gets
// different bits.
func (p picture) pick(use, n int) int {
	h := p.hash*2654435761 + uint32(use)*40503
	h ^= h >> 15
	h *= 0x85ebca6b
	h ^= h >> 13
	return int(h % uint32(n))
}

// draw returns the picture as SVG: under 4 KB, without scripts, styles or
// external links.
func (p picture) draw() []byte {
	black, white := rgb{0x2b, 0x2d, 0x33}, rgb{0xff, 0xff, 0xff}
	wall := p.wall()
	main := p.colour.String()
	var defs strings.Builder
	if pattern := p.pattern(); pattern != "" {
		main = "url(#p)"
		defs.WriteString(pattern)
	}
	body := strings.NewReplacer(
		"{m}", main, "{d}", p.colour.mix(black, 0.24).String(), "{l}", p.colour.mix(white, 0.42).String(),
		"{a}", p.accent().String(), "{k}", p.colour.mix(black, 0.78).String(), "{w}", "#fbf8f2",
	).Replace(p.shape.body)
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 200 200"><defs>%s<g id="s">%s</g></defs>%s%s</svg>`,
		Size, Size, defs.String(), body, p.backdrop(wall), p.stage())
}

// wall chooses a background that the thing stands out from.
func (p picture) wall() rgb {
	walls := p.set.backgrounds
	wall := walls[(p.pick(1, len(walls))+p.view-1)%len(walls)]
	if p.colour.light() > 0.78 { // pale things need a deeper wall
		return wall.mix(rgb{0x8a, 0x8f, 0x92}, 0.34)
	}
	return wall
}

// backdrop is the area behind the thing.
func (p picture) backdrop(wall rgb) string {
	wash := wall.mix(p.colour, 0.16)
	if p.colour.light() > 0.78 {
		wash = wall.mix(rgb{0xff, 0xff, 0xff}, 0.3)
	}
	floor := wall.mix(rgb{0x6b, 0x5f, 0x52}, 0.1)
	out := fmt.Sprintf(`<path fill="%s" d="M0 0h200v200H0z"/>`, wall)
	switch p.pick(2, 5) {
	case 0:
		out += fmt.Sprintf(`<circle cx="100" cy="96" r="80" fill="%s"/>`, wash)
	case 1:
		out += fmt.Sprintf(`<path fill="%s" d="M28 200V96a72 72 0 0 1 144 0v104z"/>`, wash)
	case 2:
		out += fmt.Sprintf(`<path fill="%s" d="M0 142h200v58H0z"/>`, floor)
	case 3:
		out += fmt.Sprintf(`<path fill="%s" d="M0 150 200 62v138H0z"/>`, wash)
	}
	return out
}

// stage places the thing, or two of it, according to the view.
func (p picture) stage() string {
	const shadow = `<ellipse cx="100" cy="168" rx="62" ry="6" fill="#2b2d33" opacity=".12"/>`
	switch p.view {
	case 2:
		return `<g transform="translate(100 104) rotate(-9) scale(.86) translate(-100 -100)"><use href="#s"/></g>`
	case 3: // near
		return fmt.Sprintf(`<g transform="translate(%d %d) scale(1.7) translate(-100 -100)"><use href="#s"/></g>`, 84+p.pick(3, 32), 112+p.pick(4, 16))
	case 4: // from the other side
		return `<g transform="matrix(-.9 0 0 .9 190 16)">` + shadow + `<use href="#s"/></g>`
	case 5: // two
		return `<g transform="translate(70 28) scale(.62)">` + shadow + `<use href="#s" opacity=".75"/></g><g transform="translate(4 50) scale(.68)">` + shadow + `<use href="#s"/></g>`
	}
	return `<g transform="translate(5 8) scale(.95)">` + shadow + `<use href="#s"/></g>`
}

// pattern returns the fill of the main parts, or nothing where they are plain.
func (p picture) pattern() string {
	if !p.shape.patterned {
		return ""
	}
	ink := p.colour.mix(rgb{0xff, 0xff, 0xff}, 0.38)
	if p.colour.light() > 0.7 {
		ink = p.accent().mix(p.colour, 0.35)
	}
	switch p.pick(5, 9) {
	case 0:
		return patternOf(10, p.colour, fmt.Sprintf(`<path d="M0 2h10v2.6H0z" fill="%s"/>`, ink))
	case 1:
		return patternOf(9, p.colour, fmt.Sprintf(`<path d="M3 0h1.8v9H3z" fill="%s"/>`, ink))
	case 2:
		return patternOf(12, p.colour, fmt.Sprintf(`<g fill="%s"><circle cx="3" cy="3" r="1.6"/><circle cx="9" cy="9" r="1.6"/></g>`, ink))
	case 3:
		return patternOf(16, p.colour, fmt.Sprintf(`<g fill="%s" opacity=".5"><path d="M0 0h6v16H0z"/><path d="M0 0h16v6H0z"/></g>`, ink))
	}
	return ""
}

func patternOf(size int, ground rgb, marks string) string {
	return fmt.Sprintf(`<pattern id="p" width="%[1]d" height="%[1]d" patternUnits="userSpaceOnUse"><path fill="%[2]s" d="M0 0h%[1]dv%[1]dH0z"/>%[3]s</pattern>`, size, ground, marks)
}

// accent chooses an accent that differs enough from the main colour. The most different
// one is not always the best, so the hash chooses among those that do.
func (p picture) accent() rgb {
	all := p.set.accents
	for i := range all {
		c := all[(p.pick(6, len(all))+i)%len(all)]
		if distance(c, p.colour) > 110 {
			return c
		}
	}
	return all[0]
}

func distance(a, b rgb) int {
	abs := func(x, y uint8) int { return max(int(x), int(y)) - min(int(x), int(y)) }
	return abs(a.r, b.r) + abs(a.g, b.g) + abs(a.b, b.b)
}
