package admit

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The limits of an overload: the goodput is at least 90 % of the capacity, and
// the p99 is less than three times that of a server that is just busy, which is
// the service time.
func requireHealthy(t *testing.T, s *simulation, from, to time.Duration) {
	t.Helper()
	perSecond, p99 := s.between(from, to)
	t.Logf("%d/s of %d/s, p99 %.1f × the service time, limit %d", perSecond, capacity, float64(p99)/float64(service), s.admitter.Stat().Limit)
	require.GreaterOrEqual(t, perSecond, capacity*9/10)
	require.Less(t, p99, 3*service)
}

// loads offer a multiple of the capacity for a time.
var loads = map[string]func(s *simulation, times int, length time.Duration){
	"open loop": func(s *simulation, times int, length time.Duration) {
		s.offer(float64(times*capacity), length, one(Caller{Network: "192.0.2.1"}))
	},
	"open loop from many addresses": func(s *simulation, times int, length time.Duration) {
		s.offer(float64(times*capacity), length, func() Caller {
			return Caller{Network: fmt.Sprintf("10.0.%d.%d", s.random.IntN(256), s.random.IntN(256))}
		})
	},
	"closed loop": func(s *simulation, times int, length time.Duration) {
		for range times * workers * 2 { // a client waits for about half of its time
			s.client(Caller{Network: "192.0.2.1"}, service/2, length)
		}
	},
}

// multiples are those of the capacity that are offered; the short tests offer one.
func multiples() []int {
	if os.Getenv("SOUK_TEST_FULL") == "" {
		return []int{5}
	}
	return []int{2, 5, 10}
}

func TestOverload(t *testing.T) {
	t.Parallel()
	const warm, length = 10 * time.Second, 30 * time.Second
	for name, load := range loads {
		for _, times := range multiples() {
			t.Run(fmt.Sprintf("%s of %d times the capacity", name, times), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					s := simulate(t, true)
					load(s, times, length)
					s.running.Wait()
					requireHealthy(t, s, warm, length)
					require.Empty(t, s.admitter.accounts)
					require.LessOrEqual(t, slices.Max(s.refusedAfter(warm)), 3*service)
				})
			})
		}
	}
	for name, least := range map[string]time.Duration{"open loop": 5 * time.Second, "closed loop": 8 * service} {
		t.Run("without admission, waits explode in a "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulate(t, false)
				loads[name](s, 5, length)
				s.running.Wait()
				perSecond, p99 := s.between(warm, length)
				require.Greater(t, p99, least)
				if name == "open loop" {
					require.Less(t, perSecond, capacity/10, "nobody waits for the answers")
				}
			})
		})
	}
}

// TestOverloadByOperationsOfDifferentLength has one operation in ten that takes
// eleven times as long as the others, so latencies say little. The mean, and
// with it the capacity, is that of the other tests.
func TestOverloadByOperationsOfDifferentLength(t *testing.T) {
	t.Parallel()
	const long, short = service * 11 / 2, service / 2
	for _, times := range []int{2, 10} {
		synctest.Test(t, func(t *testing.T) {
			s := simulate(t, true)
			s.trouble = func(time.Duration) (time.Duration, bool) {
				if rand.IntN(10) == 0 {
					return long - service, false
				}
				return short - service, false
			}
			loads["open loop"](s, times, time.Minute)
			s.running.Wait()
			perSecond, p99 := s.between(10*time.Second, time.Minute)
			t.Logf("%d/s of %d/s, p99 %.1f × that of the operations alone", perSecond, capacity, float64(p99)/float64(long))
			require.GreaterOrEqual(t, perSecond, capacity*88/100, "90 %, and the chance of the lengths")
			require.Less(t, p99, 3*long)
		})
	}
}

// TestTheLimitFallsWhoeverComes begins with a limit that is far too high. Whether a few
// addresses ask or a crowd, of which each runs one operation at most, the low windows
// must be low.
func TestTheLimitFallsWhoeverComes(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"open loop", "open loop from many addresses"} {
		t.Run(from, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulate(t, true)
				s.admitter.limit = newEstimator(8*workers, 256, time.Now())
				loads[from](s, 3, 15*time.Second)
				s.running.Wait()
				require.LessOrEqual(t, s.admitter.Stat().Limit, 2*workers)
			})
		})
	}
}

func TestMostRefusalsTakeNoTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, true)
		loads["open loop"](s, 5, 10*time.Second)
		s.running.Wait()
		took := s.refusedAfter(2 * burst)
		slices.Sort(took)
		require.Zero(t, took[len(took)*9/10])
		require.LessOrEqual(t, took[len(took)-1], defaultMaxWait)
	})
}

func TestNoRefusalUnderCapacity(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulate(t, true)
		s.offer(0.7*float64(capacity), 30*time.Second, one(Caller{Network: "192.0.2.1"}))
		s.running.Wait()
		require.Less(t, len(s.refusals), len(s.answers)/1000)
	})
}

func TestRecoveryFromAnOutage(t *testing.T) {
	t.Parallel()
	const begins, ends, length = 10 * time.Second, 40 * time.Second, 60 * time.Second
	outages := map[string]func() (time.Duration, bool){
		"slow":            func() (time.Duration, bool) { return 5 * time.Second, false },
		"slow and failed": func() (time.Duration, bool) { return 5 * time.Second, true },
		"failed at once":  func() (time.Duration, bool) { return -service + time.Millisecond, true },
	}
	run := func(t *testing.T, limited bool, times float64, outage func() (time.Duration, bool)) *simulation {
		s := simulate(t, limited)
		s.trouble = func(at time.Duration) (time.Duration, bool) {
			if begins <= at && at < ends {
				return outage()
			}
			return 0, false
		}
		s.offer(times*float64(capacity), length, one(Caller{Network: "192.0.2.1"}))
		s.running.Wait()
		return s
	}
	// The last of the slow operations ends 5 s after the outage.
	const slowest = 5 * time.Second
	for name, outage := range outages {
		t.Run("in which operations are "+name, func(t *testing.T) {
			for _, times := range []float64{2, 10} {
				synctest.Test(t, func(t *testing.T) {
					s := run(t, true, times, outage)
					requireHealthy(t, s, ends+slowest+3*time.Second, length)
				})
			}
		})
	}
	t.Run("without admission takes minutes, even at 0.9 of the capacity", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := run(t, false, 0.9, outages["slow"])
			perSecond, _ := s.between(ends+slowest, length)
			require.Zero(t, perSecond)
		})
	})
	t.Run("with admission takes seconds at 0.9 of the capacity", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := run(t, true, 0.9, outages["slow"])
			perSecond, _ := s.between(ends+slowest+time.Second, length)
			require.Greater(t, perSecond, capacity*8/10)
		})
	})
}

func TestFairness(t *testing.T) {
	t.Parallel()
	const warm, length = 5 * time.Second, 25 * time.Second
	greedy := Caller{Network: "203.0.113.9"}
	polite := func(i int) Caller { return Caller{Network: fmt.Sprintf("192.0.2.%d", i+1)} }
	// Each of ten polite clients wants 25 requests per second, 250 in total: with
	// a fair share of 400 for eleven they have what they want.
	const want = 25
	run := func(t *testing.T, limited bool, greed Caller) *simulation {
		s := simulate(t, limited)
		for range 50 {
			s.client(greed, 0, length)
		}
		for i := range 10 {
			s.client(polite(i), service, length)
		}
		s.running.Wait()
		return s
	}
	least := func(s *simulation) int {
		n := capacity
		for i := range 10 {
			n = min(n, s.of(polite(i).Network, warm, length)/int((length-warm).Seconds()))
		}
		return n
	}
	t.Run("without admission, fifty connections take what others need", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { require.Less(t, least(run(t, false, greedy)), want/3) })
	})
	for name, priority := range map[string]Priority{"queries": Browsing, "mutations": Mutation} {
		t.Run("fifty connections with "+name+" get only what the others leave", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				greedy := greedy
				greedy.Priority = priority
				s := run(t, true, greedy)
				t.Logf("polite clients had at least %d/s each, the greedy one %d/s", least(s), s.of(greedy.Network, warm, length)/20)
				require.GreaterOrEqual(t, least(s), want*6/10, "an operation may wait for another to end")
				require.Greater(t, s.of(greedy.Network, warm, length)/20, capacity/6, "and the rest is not wasted")
			})
		})
	}
}

func TestSlowOperationsOfOneAddressDoNotKeepOthersOut(t *testing.T) {
	t.Parallel()
	slow := Caller{Network: "203.0.113.9"}
	shopper := Caller{Network: "192.0.2.1"}
	answered := func(t *testing.T, reserve int) (n int) {
		s := simulate(t, true)
		s.admitter.reserve = reserve
		s.database = func(c Caller) time.Duration {
			if c == slow {
				return 15 * time.Second
			}
			return 0
		}
		s.client(shopper, 100*time.Millisecond, 10*time.Second)
		time.Sleep(time.Second)
		for range 50 {
			s.client(slow, 0, 2*time.Second)
		}
		s.running.Wait()
		return s.of(shopper.Network, 2*time.Second, 10*time.Second)
	}
	synctest.Test(t, func(t *testing.T) { require.Zero(t, answered(t, 0), "without a reserve") })
	synctest.Test(t, func(t *testing.T) { require.Greater(t, answered(t, reserved), 50) })
}

func TestPriorities(t *testing.T) {
	t.Parallel()
	const warm, length = 5 * time.Second, 20 * time.Second
	// Of requests for four times the capacity, one in ten is a mutation and three
	// come from customers. accepted is the part that was not refused.
	accepted := func(t *testing.T, ranked bool) (part [3]float64) {
		s := simulate(t, true)
		var asked [3]float64
		s.offer(4*float64(capacity), length, func() Caller {
			priority := [10]Priority{Mutation, SignedIn, SignedIn, SignedIn}[s.random.IntN(10)]
			c := Caller{Network: fmt.Sprintf("10.%d.%d.%d", priority, s.random.IntN(256), s.random.IntN(256))}
			if warm <= s.now() {
				asked[priority]++
			}
			if ranked {
				c.Priority = priority
			}
			return c
		})
		s.running.Wait()
		for _, a := range s.answers {
			if warm <= a.at {
				priority := a.by[3] - '0'
				part[priority] += 1 / asked[priority]
			}
		}
		return part
	}
	synctest.Test(t, func(t *testing.T) {
		same := accepted(t, false)
		require.Less(t, same[Mutation], 0.35, "without priorities, mutations are refused like the rest")
	})
	synctest.Test(t, func(t *testing.T) {
		ranked := accepted(t, true)
		t.Logf("accepted of browsing %.2f, signed in %.2f, mutations %.2f", ranked[Browsing], ranked[SignedIn], ranked[Mutation])
		require.Greater(t, ranked[Mutation], 0.95)
		require.Greater(t, ranked[SignedIn], 2*ranked[Browsing])
	})
}
