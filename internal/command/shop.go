package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"souk/store"
)

// Shop shows and changes the shop's settings.
type Shop struct {
	Show ShopShow `cmd:"" help:"Show the settings."`
	Set  ShopSet  `cmd:"" help:"Change settings; those that are not given stay as they are."`
}

// ShopShow shows the settings.
type ShopShow struct {
	Primary `embed:""`
	JSON    bool `name:"json" help:"Print the settings as JSON."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run shows the settings.
func (c *ShopShow) Run(ctx context.Context) error {
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	return showShop(ctx, shop, c.JSON, output(c.Out))
}

// ShopSet changes settings. A setting that is nil stays as it is.
type ShopSet struct {
	Primary   `embed:""`
	Name      *string  `placeholder:"NAME" help:"The shop's name. An empty text removes a setting."`
	Currency  *string  `placeholder:"CODE" help:"ISO 4217 code of the currency for amounts and imported prices that name none: EUR. Existing prices keep theirs."`
	Country   *string  `placeholder:"CODE" help:"ISO 3166-1 code of the country that the shop sells from: DE."`
	TimeZone  *string  `placeholder:"ZONE" help:"Name of the time zone in the IANA database: Europe/Berlin."`
	Languages []string `placeholder:"TAG,…" help:"BCP 47 tags of the languages, the default language first: de,en."`

	Out io.Writer `kong:"-"` // nil: standard output
}

// Run changes the settings that are given, and shows all of them.
func (c *ShopSet) Run(ctx context.Context) error {
	patch := store.ShopPatch{Name: given(c.Name), Currency: given(c.Currency), Country: given(c.Country), TimeZone: given(c.TimeZone)}
	if c.Languages != nil {
		patch.Languages = store.Patch[[]string]{Set: true, Value: c.Languages}
	}
	if c.Name == nil && c.Currency == nil && c.Country == nil && c.TimeZone == nil && c.Languages == nil {
		return &Failure{Code: ExitUsage, Err: errors.New("no setting is given: use --name, --currency, --country, --time-zone or --languages")}
	}
	shop, err := openStore(ctx, c.DatabaseURL)
	if err != nil {
		return err
	}
	defer shop.Close()
	if _, err := consoleWriter(shop, "souk shop set").UpdateShop(ctx, patch); err != nil {
		return inWords(err)
	}
	return showShop(ctx, shop, false, output(c.Out))
}

func given(value *string) store.Patch[*string] {
	return store.Patch[*string]{Set: value != nil, Value: value}
}

// shopSettings are the settings as JSON.
type shopSettings struct {
	Name      *string   `json:"name"`
	Currency  *string   `json:"currency"`
	Country   *string   `json:"country"`
	TimeZone  *string   `json:"timeZone"`
	Languages []string  `json:"languages"`
	UpdatedAt time.Time `json:"updatedAt"`
	Version   int64     `json:"version"`
}

func showShop(ctx context.Context, shop *store.Store, asJSON bool, out io.Writer) error {
	s, err := shop.Reader(store.View{}, 0).Shop(ctx)
	if err != nil {
		return inWords(err)
	}
	if asJSON {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(shopSettings{
			Name: s.Name, Currency: s.Currency, Country: s.Country, TimeZone: s.TimeZone,
			Languages: s.Languages, UpdatedAt: s.UpdatedAt.UTC(), Version: s.Version,
		})
	}
	languages := strings.Join(s.Languages, ", ")
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, row := range []struct {
		setting string
		value   *string
	}{{"name", s.Name}, {"currency", s.Currency}, {"country", s.Country}, {"time zone", s.TimeZone}, {"languages", &languages}} {
		value := "not set"
		if row.value != nil && *row.value != "" {
			value = *row.value
		}
		fmt.Fprintf(table, "%s\t%s\n", row.setting, value)
	}
	return table.Flush()
}
