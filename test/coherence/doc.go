// Package coherence tries to make instances answer with what is no longer so: random writers
// and readers run against several instances while something breaks, and a checker judges each
// answer by the history of writes.
//
// checker.go has the rules; shop_test.go, cells_test.go and ways_test.go what is written and read;
// load_test.go those who do it; and system_test.go the servers. rows_test.go lists the rows, each
// of which breaks one thing. "make test" runs a few of them, a full run all, and "make soak" all
// for longer.
//
// A failed row prints its seed; -seed=N chooses the same objects and ways again. What else runs
// on the machine still decides which of them meet. With -uncached the caches are off: what the
// checker then finds is a fault of this package.
//
// Who changes a rule of the caches, or a row, shows again that the row finds the fault that the
// rule prevents. These rows failed when these guards were taken out by hand:
//
//	every row                        a changed tag drops nothing (coherence.Clock.Valid)
//	commits wait for replication     commits that the primary does not show (Moment.shownBy)
//	an instance is cut off, frozen   the end of trust (Moment.Trusted)
//	any row with tokens              what a token demands (Moment.Reached)
//	Redis is emptied                 a gap in what is published (Clock.Consume)
//	a table is rewritten             the fence of the tables (follower.beat)
//	drafts, in any row               the view as a part of the key, and the tags of what is hidden
//	many ask for what is new         the flights of the cache
package coherence
