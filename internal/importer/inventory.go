package importer

import (
	"context"
	"errors"
	"io"
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
	csv, err := NewCSV(in, CSVOptions{}, reject)
	if err != nil {
		return err
	}
	heading := csv.heading()
	columns := inventoryHeader(heading, in.Header)
	heading.done(reject)
	columns.numbers = csv.numbers(append(columns.places, columns.onHand, columns.onHandNew, columns.available)...)
	if len(in.Header) > 0 && columns.handle < 0 && columns.sku < 0 {
		return errors.New("read " + in.Name + ": it has neither a column Handle nor SKU, so its rows' products are not known: is it a Shopify inventory CSV?")
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

// inventoryHeader finds the columns. "On hand (current)" and "Available (not
// editable)" are identified by the text before the bracket.
func inventoryHeader(h *heading, header []string) inventoryColumns {
	c := inventoryColumns{
		handle: h.either("Handle"), sku: h.either("SKU"), location: h.either("Location"),
		incoming: -1, unavailable: -1, committed: -1, available: -1, onHand: -1, onHandNew: -1,
		names: header,
	}
	for i := range c.options {
		c.options[i] = h.either("Option" + strconv.Itoa(i+1) + " Value")
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
		case c.location < 0 && column == nil && !isInventoryColumn(name):
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
	if c.location < 0 {
		return s.takeWide(in, c, row, level, emit, reject)
	}
	counts := [...]struct {
		column int
		into   *int64
	}{
		{c.incoming, &level.Incoming}, {c.unavailable, &level.Unavailable}, {c.committed, &level.Committed},
	}
	for _, one := range counts {
		n, state := c.quantity(row, one.column)
		if state == notANumber {
			reject(row.Fault(one.column, "quantity", "not a whole number, and not \"not stocked\""))
			return nil
		}
		*one.into = n
	}
	for _, column := range [...]int{c.onHandNew, c.onHand, c.available} {
		n, state := c.quantity(row, column)
		switch state {
		case notANumber:
			reject(row.Fault(column, "quantity", "not a whole number, and not \"not stocked\""))
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
		n, state := c.quantity(row, column)
		switch state {
		case notANumber:
			reject(row.Fault(column, "quantity", "not a whole number, and not \"not stocked\""))
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

// quantityState classifies a quantity cell.
type quantityState int

const (
	counted quantityState = iota
	notCounted
	notANumber
)

func (c *inventoryColumns) quantity(row Row, column int) (int64, quantityState) {
	text := row.Field(column)
	if text == "" || strings.EqualFold(text, "not stocked") {
		return 0, notCounted
	}
	n, ok := c.numbers.whole(text)
	if !ok {
		return 0, notANumber
	}
	return n, counted
}
