package importer

import (
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
)

// shopifyInventory reads Shopify's inventory CSV in its three formats: the wide
// one, with a column for each location; one row for each variant and location
// with "Available" and "On hand"; and the newest, whose headers say which
// columns can be edited, "On hand (current)" and "On hand (new)". A variant is
// identified by its handle and option values, or by its SKU.
type shopifyInventory struct {
	location string // if a row names none
}

type inventoryColumns struct {
	handle, sku, location                       int
	options                                     [3]int
	incoming, unavailable, committed, available int
	onHand, onHandNew                           int
	places                                      []int // columns that are locations, in the wide form
	names                                       []string
	missing                                     Fields // those that the file has no column for
	numbers                                     *numbers
}

// Read implements Reader.
func (s shopifyInventory) Read(ctx context.Context, in *Input, emit func(Record) error, reject func(Fault)) error {
	csv, columns, err := s.open(in, reject)
	if err != nil {
		return err
	}
	for {
		row, err := csv.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := s.take(in, columns, row, emit, reject); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// open reads the header, and refuses a file of another kind.
func (s shopifyInventory) open(in *Input, reject func(Fault)) (*CSV, inventoryColumns, error) {
	csv, heading, err := openAs(in, kindStock, reject)
	if err != nil {
		return nil, inventoryColumns{}, err
	}
	c := inventoryHeader(heading, in.Header)
	if len(in.Header) > 0 && c.handle < 0 && c.sku < 0 {
		return nil, c, errors.New("read " + in.Name + ": it has neither a column Handle nor SKU, so its rows' products are not known: is it a Shopify inventory CSV?")
	}
	c.numbers = csv.numbers(append(slices.Clone(c.places), c.onHand, c.onHandNew, c.available)...)
	c.keepCounted(csv, heading)
	if len(in.Header) > 0 && len(c.places) == 0 && max(c.onHand, c.onHandNew, c.available) < 0 {
		return nil, c, errors.New("read " + in.Name + ": it has no column with quantities: name it On hand or Available, or use souk import table with a mapping")
	}
	heading.done(reject)
	return csv, c, nil
}

// check implements checker.
func (s shopifyInventory) check(in *Input) error {
	_, _, err := s.open(in, func(Fault) {})
	return err
}

// isWide reports whether columns that are not known can be locations: in the wide
// form, the file has the columns of Shopify's export, and only quantities besides.
// In a list of SKUs and stock an unknown column can be anything, such as the
// minimum stock.
func (c *inventoryColumns) isWide() bool {
	return c.location < 0 && c.handle >= 0 && c.options[0] >= 0 && max(c.onHand, c.onHandNew, c.available) < 0
}

// keepCounted keeps the columns as locations that have a quantity in the first
// rows, or nothing else: a column of notes is no location.
func (c *inventoryColumns) keepCounted(csv *CSV, h *heading) {
	other, quantities := make([]bool, len(h.names)), make([]bool, len(h.names))
	csv.preview(func(fields []string) {
		for _, i := range c.places {
			if i >= len(fields) {
				continue
			}
			text := strings.TrimSpace(fields[i])
			if notCounted(text) {
				continue
			}
			_, err := c.numbers.count(text)
			other[i] = other[i] || errors.Is(err, errCount)
			quantities[i] = quantities[i] || !errors.Is(err, errCount) // one that is not clear is a quantity too
		}
	})
	c.places = slices.DeleteFunc(c.places, func(i int) bool {
		h.used[i] = quantities[i] || !other[i]
		return !h.used[i]
	})
}

// inventoryHeader finds the columns. "On hand (current)" and "Available (not
// editable)" are identified by the text before the bracket.
func inventoryHeader(h *heading, header []string) inventoryColumns {
	c := inventoryColumns{
		handle: h.either("Handle"), sku: h.either("SKU"), location: h.either("Location"),
		incoming: -1, unavailable: -1, committed: -1, available: -1, onHand: -1, onHandNew: -1,
		names: header,
	}
	_ = h.either("Title") // it and the options' names are the product file's
	for i := range c.options {
		n := "Option" + strconv.Itoa(i+1)
		c.options[i], _ = h.either(n+" Value"), h.either(n+" Name")
	}
	counts := map[string]*int{
		"onhandnew": &c.onHandNew, "onhand": &c.onHand, "onhandcurrent": &c.onHand, "incoming": &c.incoming,
		"unavailable": &c.unavailable, "committed": &c.committed, "available": &c.available,
	}
	for i, name := range h.names {
		name = strings.TrimSuffix(name, "noteditable")
		switch column := counts[name]; {
		case h.used[i]:
		case column != nil && *column < 0:
			*column, h.used[i] = i, true
		}
	}
	for i, name := range h.names {
		if c.isWide() && !h.used[i] && !isInventoryColumn(strings.TrimSuffix(name, "noteditable")) {
			c.places, h.used[i] = append(c.places, i), true
		}
	}
	for field, column := range map[Fields]int{
		LevelCommitted: c.committed, LevelUnavailable: c.unavailable, LevelIncoming: c.incoming,
	} {
		if column < 0 {
			c.missing |= field
		}
	}
	return c
}

// isInventoryColumn distinguishes the columns of every format from locations.
func isInventoryColumn(name string) bool {
	switch name {
	case "handle", "title", "sku", "hscode", "coo", "binname", "":
		return true
	}
	return strings.HasPrefix(name, "option") && (strings.HasSuffix(name, "name") || strings.HasSuffix(name, "value"))
}

func (s shopifyInventory) take(in *Input, c inventoryColumns, row Row, emit func(Record) error, reject func(Fault)) error {
	level := Level{
		Place: row.Place, Lacks: c.missing, ProductKey: strings.ToLower(row.Identifier(c.handle, reject)),
		SKU: row.Identifier(c.sku, reject), Location: firstOf(row.Field(c.location), s.location),
	}
	switch {
	case level.ProductKey != "":
	case c.handle < 0 && level.SKU != "":
		level.ProductKey = bySKU(level.SKU, "")
	default:
		reject(row.Fault(max(c.handle, c.sku), "key", "the row has no handle, so its product is not known"))
		return nil
	}
	level.OptionValues = inventoryOptions(c, row)
	if len(c.places) > 0 {
		return s.takeWide(in, c, row, level, emit, reject)
	}
	counts := [...]struct {
		column int
		into   *int64
	}{
		{c.incoming, &level.Incoming}, {c.unavailable, &level.Unavailable}, {c.committed, &level.Committed},
	}
	for _, one := range counts {
		n, _, err := c.quantity(row, one.column)
		if err != nil {
			reject(row.Fault(one.column, "quantity", err.Error()))
			return nil
		}
		*one.into = n
	}
	for _, column := range [...]int{c.onHandNew, c.onHand, c.available} {
		n, counted, err := c.quantity(row, column)
		switch {
		case err != nil:
			reject(row.Fault(column, "quantity", err.Error()))
			return nil
		case counted:
			level.OnHand = n
			if column == c.available {
				level.Lacks |= LevelOnHand
			}
			return emit(&level)
		}
	}
	in.CountSkipped()
	return nil
}

// takeWide emits a quantity for each column that is a location.
func (s shopifyInventory) takeWide(in *Input, c inventoryColumns, row Row, level Level, emit func(Record) error, reject func(Fault)) error {
	stocked := false
	for _, column := range c.places {
		n, counted, err := c.quantity(row, column)
		switch {
		case err != nil:
			reject(row.Fault(column, "quantity", err.Error()))
			stocked = true
		case counted:
			one := level
			one.Location, one.OnHand = strings.TrimSpace(c.names[column]), n
			if err := emit(&one); err != nil {
				return err
			}
			stocked = true
		}
	}
	if !stocked {
		in.CountSkipped()
	}
	return nil
}

// inventoryOptions are the row's option values up to the last non-empty one;
// none for a product without options.
func inventoryOptions(c inventoryColumns, row Row) []string {
	var values []string
	for i, column := range c.options {
		if value := row.Field(column); value != "" {
			for len(values) < i {
				values = append(values, "")
			}
			values = append(values, value)
		}
	}
	if len(values) == 1 && strings.EqualFold(values[0], "Default Title") {
		return nil
	}
	return values
}

// quantity reads a quantity cell; counted is false for a variant that is not
// stocked there.
func (c *inventoryColumns) quantity(row Row, column int) (n int64, counted bool, err error) {
	text := row.Field(column)
	if notCounted(text) {
		return 0, false, nil
	}
	if n, err = c.numbers.count(text); errors.Is(err, errCount) {
		err = errors.New("not a whole number, and not \"not stocked\"")
	}
	return n, err == nil, err
}

func notCounted(text string) bool { return text == "" || strings.EqualFold(text, "not stocked") }
