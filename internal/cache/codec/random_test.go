package codec_test

import (
	"math/rand/v2"
	"reflect"
	"time"

	"souk/store"
)

// dice makes random values. The fewer its words, the more of them are equal.
type dice struct {
	*rand.Rand
	words []string
}

var orders = []store.Order{
	{}, store.ProductsByNewest, store.ProductsByOldest, store.ProductsByTitle, store.ProductsByPrice, store.ReviewsByNewest,
}

func (d dice) word() string { return d.words[d.IntN(len(d.words))] }

// fill sets a variable to a random value. Where fields are
// not exported it takes one of the values that there are.
func (d dice) fill(v reflect.Value) {
	switch to := v.Addr().Interface().(type) {
	case *time.Time:
		*to = time.UnixMicro(d.Int64N(1e16) - 1e15)
		if d.IntN(2) == 0 {
			*to = to.UTC()
		}
		return
	case *store.Order:
		*to = orders[d.IntN(len(orders))]
		return
	case *store.ListingKind:
		*to = []store.Listing{store.WholeShop(), store.InCategory(store.CategoryID{1}), store.OfVendor(store.VendorID{1})}[d.IntN(3)].Kind()
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(d.IntN(2) == 0)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt((d.Int64() - 1<<62) >> d.IntN(64))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		v.SetUint(d.Uint64() >> d.IntN(65))
	case reflect.Float32, reflect.Float64:
		v.SetFloat(float64(d.IntN(5)-2) / 3)
	case reflect.String:
		v.SetString(d.word())
	case reflect.Pointer:
		if d.IntN(3) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			d.fill(v.Elem())
		}
	case reflect.Slice:
		if n := d.IntN(5) - 1; n >= 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				d.fill(v.Index(i))
			}
		}
	case reflect.Array:
		seed := d.IntN(1 + len(d.words))
		for i := range v.Len() {
			if v.Type().Elem().Kind() == reflect.Uint8 {
				v.Index(i).SetUint(uint64(seed * (i + 1) % 256))
			} else {
				d.fill(v.Index(i))
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			d.fill(v.Field(i))
		}
	default:
		panic(v.Type())
	}
}

func random[V any](d dice) V {
	var v V
	d.fill(reflect.ValueOf(&v).Elem())
	return v
}
