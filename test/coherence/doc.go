// Package coherence tries to make instances answer with what is no longer so: random writers
// and readers run against several instances while something breaks, and a checker judges each
// answer by the history of writes.
//
// checker.go has the rules, shop_test.go what is written and read, load_test.go those who do it,
// and system_test.go the servers. Each row of the tests breaks one thing.
//
// A failed row prints its seed; -seed=N chooses the same objects and ways again. What else runs
// on the machine still decides which of them meet.
package coherence
