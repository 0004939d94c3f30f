package jobs

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
)

// TestArgumentsHoldNoText looks at the types of all kinds' arguments. Staff read them, and
// they stay in the table and in its backups: there must be no room in them for a token, an
// e-mail address or a name.
func TestArgumentsHoldNoText(t *testing.T) {
	for _, k := range kinds() {
		require.Equal(t, k.name, k.args.Kind())
		require.Equal(t, k.name, k.args.InsertOpts().Queue)
		require.Empty(t, roomForText(reflect.TypeOf(k.args), k.name))
	}
	type inner struct{ Keys []uuid.UUID }
	for what, tc := range map[string]struct {
		args any
		want []string
	}{
		"numbers, keys, times": {struct {
			N     int
			Key   uuid.UUID
			At    *time.Time
			Inner inner
		}{}, nil},
		"what is not stored": {struct {
			Note  string `json:"-"`
			inner string
		}{}, nil},
		"text": {struct {
			Email string
			Token *string
			Inner []struct{ Name string }
		}{}, []string{"args.Email", "args.Token", "args.Inner.Name"}},
		"what may be text": {struct {
			Any   any
			Bytes []byte
			Map   map[string]int
		}{}, []string{"args.Any", "args.Bytes", "args.Map"}},
	} {
		require.Equal(t, tc.want, roomForText(reflect.TypeOf(tc.args), "args"), what)
	}
}

// roomForText returns the fields of a type whose JSON can have any text in it.
func roomForText(of reflect.Type, path string) (found []string) {
	if of == reflect.TypeFor[time.Time]() || of == reflect.TypeFor[uuid.UUID]() {
		return nil
	}
	switch of.Kind() {
	case reflect.Bool, reflect.Float32, reflect.Float64, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return nil
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(of) {
			if field.IsExported() && field.Tag.Get("json") != "-" && !field.Anonymous {
				found = append(found, roomForText(field.Type, path+"."+field.Name)...)
			}
		}
		return found
	case reflect.Array, reflect.Pointer, reflect.Slice:
		if of.Elem().Kind() != reflect.Uint8 {
			return roomForText(of.Elem(), path)
		}
	}
	return []string{path}
}
