package migrations

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// TestTheLastStepIsRiversNewest: a release of River may bring a version of its tables.
func TestTheLastStepIsRiversNewest(t *testing.T) {
	migrator, err := newRiverMigrator(nil)
	require.NoError(t, err)
	versions := migrator.AllVersions()
	require.Equal(t, versions[len(versions)-1].Version, riverSteps[len(riverSteps)-1].to, "add a step to riverSteps")
	from := 0
	for _, s := range riverSteps {
		require.Equal(t, from, s.from)
		from = s.to
	}
}
