package seed

// lateFrom is the number of products from which on the late leaves fill: a
// small shop has fewer categories, so that each has something in it.
const lateFrom = 2000

// schedule says which shelf each product stands on: every round goes through a
// shuffled row of shelves in which each is as often as its share says. So the
// place of a product depends on its number alone, and a larger shop has the
// smaller one's products.
type schedule struct {
	early, late []slot
	perRound    []int // by shelf, at most how many slots of a round are its
}

type slot struct{ shelf, rank int }

func newSchedule(d *dice, all []shelf) schedule {
	s := schedule{perRound: make([]int, len(all))}
	for i, sh := range all {
		s.perRound[i] = sh.share
	}
	fill := func(withLate bool) []slot {
		var row []slot
		for i, sh := range all {
			for rank := 0; rank < sh.share && (withLate || !sh.late); rank++ {
				row = append(row, slot{i, rank})
			}
		}
		d.set(streamSchedule, 0).Shuffle(len(row), func(i, j int) { row[i], row[j] = row[j], row[i] })
		return row
	}
	s.early, s.late = fill(false), fill(true)
	return s
}

// place returns the shelf of product i, and a number that no other product on
// that shelf has.
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
