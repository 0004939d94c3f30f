package coherence

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	ms    = time.Millisecond
	title = "product.title"
)

// written returns a checker with writes of the title, each from one second to 100 ms later.
func written(states ...State) (*Checker, []*Write) {
	c := &Checker{Bound: time.Second}
	var writes []*Write
	for i, s := range states {
		begin := time.Duration(i) * time.Second
		w := &Write{Way: "a test", Changes: []Change{{title, s}}, Begin: begin}
		c.Begin(w)
		c.End(w, begin+100*ms)
		writes = append(writes, w)
	}
	return c, writes
}

func read(at time.Duration, view View, value string) Read {
	return Read{Way: "a test", Instance: "a", View: view, Begin: at, End: at + 10*ms, Seen: []Seen{{title, value}}}
}

func TestRightAnswersPass(t *testing.T) {
	n := func(values ...string) (states []State) {
		for _, value := range values {
			states = append(states, State{Value: value})
		}
		return states
	}
	draft := State{Value: "1", Draft: true}
	for name, tc := range map[string]struct {
		states []State
		read   Read
		after  int // the number of the write whose token it has; 0: none
	}{
		"the newest":                            {n("1", "2"), read(5*time.Second, Shopper, "2"), 0},
		"one that is replaced within the bound": {n("1", "2"), read(2099*ms, Shopper, "1"), 0},
		"one that is being written":             {n("1", "2"), read(995*ms, Shopper, "2"), 0},
		"the write of the token":                {n("1", "2"), read(1100*ms, Shopper, "2"), 2},
		"a newer one than the token's":          {n("1", "2", "3"), read(2050*ms, Shopper, "3"), 2},
		"a draft, to staff":                     {[]State{draft}, read(5*time.Second, Staff, "1"), 0},
		"no draft, to shoppers":                 {[]State{draft}, read(5*time.Second, Shopper, ""), 0},
		"a draft, published just now":           {[]State{draft, {Value: "1"}}, read(2*time.Second, Shopper, ""), 0},
		"a product, hidden just now":            {[]State{{Value: "1"}, draft}, read(2*time.Second, Shopper, "1"), 0},
		"nothing, where it was deleted":         {n("1", ""), read(5*time.Second, Shopper, ""), 0},
		"a value that came back":                {n("1", "2", "1"), read(5*time.Second, Shopper, "1"), 0},
	} {
		t.Run(name, func(t *testing.T) {
			c, writes := written(tc.states...)
			if tc.after > 0 {
				tc.read.After = writes[tc.after-1]
			}
			require.Empty(t, c.Judge(tc.read))
		})
	}
}

func TestWrongAnswersAreFound(t *testing.T) {
	one, two, draft, gone := State{Value: "1"}, State{Value: "2"}, State{Value: "1", Draft: true}, State{}
	for name, tc := range map[string]struct {
		states []State
		read   Read
		after  int
		want   Rule
	}{
		"an old value after the bound":           {[]State{one, two}, read(2101*ms, Shopper, "1"), 0, Bounded},
		"an old value for a token":               {[]State{one, two}, read(1101*ms, Shopper, "1"), 2, OwnWrites},
		"a draft, to shoppers":                   {[]State{one, draft}, read(2101*ms, Shopper, "1"), 0, Private},
		"a deleted one":                          {[]State{one, gone}, read(2101*ms, Shopper, "1"), 0, Private},
		"nothing, where it was published":        {[]State{draft, one}, read(2101*ms, Shopper, ""), 0, Published},
		"nothing, where it was made":             {[]State{gone, one}, read(2101*ms, Staff, ""), 0, Published},
		"nothing, for a token of the publishing": {[]State{draft, one}, read(1101*ms, Shopper, ""), 2, OwnWrites},
		"a value of nobody":                      {[]State{one}, read(2101*ms, Shopper, "7"), 0, Written},
		"a value of the future":                  {[]State{one, two}, read(900*ms, Shopper, "2"), 0, Written},
		"a draft that was never public":          {[]State{draft}, read(2101*ms, Shopper, "1"), 0, Written},
	} {
		t.Run(name, func(t *testing.T) {
			c, writes := written(tc.states...)
			if tc.after > 0 {
				tc.read.After = writes[tc.after-1]
			}
			broken := c.Judge(tc.read)
			require.Len(t, broken, 1)
			require.Equal(t, tc.want, broken[0].Rule, broken[0].String())
			require.Contains(t, broken[0].String(), title)
			require.Contains(t, broken[0].String(), "instance a")
		})
	}
}

func TestATokenCoversAllThatWasSavedBefore(t *testing.T) {
	c, _ := written(State{Value: "1"}, State{Value: "2"})
	other := &Write{Changes: []Change{{"other.title", State{Value: "1"}}}, Begin: 1200 * ms}
	c.Begin(other)
	c.End(other, 1300*ms)
	r := read(1400*ms, Shopper, "1")
	r.After = other
	require.Equal(t, OwnWrites, c.Judge(r)[0].Rule)
	r.After.Begin = 1050 * ms // at the same time: either can be first
	require.Empty(t, c.Judge(r))
}

func TestAWriteWithoutAnAnswerMayBeSaved(t *testing.T) {
	c, _ := written(State{Value: "1"})
	c.Begin(&Write{Changes: []Change{{title, State{Value: "2"}}}, Begin: 500 * ms})
	require.Empty(t, c.Judge(read(9*time.Second, Shopper, "1")))
	require.Empty(t, c.Judge(read(9*time.Second, Shopper, "2")))
}

func TestTheAgeOfAnswersIsMeasured(t *testing.T) {
	c, writes := written(State{Value: "1"}, State{Value: "2"})
	require.Empty(t, c.Judge(read(900*ms, Shopper, "1")))
	require.Zero(t, c.Oldest())
	require.Empty(t, c.Judge(read(1200*ms, Shopper, "1")))
	require.Empty(t, c.Judge(read(1250*ms, Shopper, "2")))
	require.Equal(t, 100*ms, c.Oldest())
	require.False(t, c.Shows(read(1200*ms, Shopper, "1"), writes[1]))
	require.True(t, c.Shows(read(1200*ms, Shopper, "2"), writes[0]), "a newer one is as good")
}
