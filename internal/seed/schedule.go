package seed

// lateFrom is the number of products from which the late leaves get products: a
// small shop has fewer categories, so that none is empty.
const lateFrom = 2000

// schedule assigns each product to a shelf. Every round goes through a shuffled
// list in which each shelf occurs as often as its share. So a product's shelf
// depends only on its number, and a larger shop contains the smaller one's
// products.
type schedule struct {
	early, late []slot
	perRound    []int // by shelf, at most how many slots of a round are its
}

type slot struct{ shelf, rank int }

func newSchedule(d *dice, all []shelf) schedule {
	s := schedule{perRound: make([]int, len(all))}
	for i, sh := range all {
		s.perRound[i] = sh.Share
	}
	fill := func(withLate bool) []slot {
		var row []slot
		for i, sh := range all {
			for rank := 0; rank < sh.Share && (withLate || !sh.Late); rank++ {
				row = append(row, slot{i, rank})
			}
		}
		d.set(streamSchedule, 0).Shuffle(len(row), func(i, j int) { row[i], row[j] = row[j], row[i] })
		return row
	}
	s.early, s.late = fill(false), fill(true)
	return s
}

// place returns the shelf of product i, and a number that is unique on that
// shelf.
func (s schedule) place(i int) (shelf, ordinal int) {
	row, round := s.early, 0
	if i < lateFrom {
		round = i / len(row)
	} else {
		row, i = s.late, i-lateFrom
		round = lateFrom/len(s.early) + 1 + i/len(row)
	}
	at := row[i%len(row)]
	return at.shelf, round*s.perRound[at.shelf] + at.rank
}
