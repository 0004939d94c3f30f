package door

import "github.com/alecthomas/kong"

// Limits bound what one request may ask for. They are settings of the server;
// its --help prints the reasons.
//
// The largest document that the tests know of real storefronts, and the
// introspection of code generators, reach at most half of each.
type Limits struct {
	BodyBytes int64 `name:"max-body-bytes" env:"SOUK_MAX_BODY_BYTES" default:"262144" help:"Bytes of a request's body, or of its query string. 256 KiB is ten times the largest request of known clients."`
	Tokens    int   `name:"max-tokens" env:"SOUK_MAX_TOKENS" default:"5000" help:"Words and signs of a document. 5,000 take the parser 2 ms and 2 MB; large storefront queries have 1,000."`
	NameBytes int   `name:"max-name-bytes" env:"SOUK_MAX_NAME_BYTES" default:"256" help:"Bytes of a name or a number in a document. The longest names are those that Relay makes for fragments."`
	Depth     int   `name:"max-depth" env:"SOUK_MAX_DEPTH" default:"32" help:"Levels of a selection, of a value in a document, or of a variable. Deep nesting multiplies lists; introspection has 15."`
	StringKB  int   `name:"max-string-kb" env:"SOUK_MAX_STRING_KB" default:"128" help:"KiB of one string in a variable; half of it in a document. The longest text that a field takes is 64 KiB."`
	ListItems int   `name:"max-list-items" env:"SOUK_MAX_LIST_ITEMS" default:"500" help:"Items of one list in a document or a variable. The longest list that a field takes is 250."`
	Values    int   `name:"max-values" env:"SOUK_MAX_VALUES" default:"20000" help:"Values of all variables together. 100 products of 10 variants each are 10,000."`

	Fields     int `name:"max-fields" env:"SOUK_MAX_FIELDS" default:"2000" help:"Selected fields, with fragments expanded. Storefront queries select 300."`
	Aliases    int `name:"max-aliases" env:"SOUK_MAX_ALIASES" default:"50" help:"How often one field may be selected beside itself under other names. nodes(ids:) fetches many objects with one field."`
	Directives int `name:"max-directives" env:"SOUK_MAX_DIRECTIVES" default:"100" help:"Directives, with fragments expanded."`
	RootFields int `name:"max-root-fields" env:"SOUK_MAX_ROOT_FIELDS" default:"50" help:"Fields of Query that an operation selects. Each may be a statement of its own."`
	Mutations  int `name:"max-mutations" env:"SOUK_MAX_MUTATIONS" default:"25" help:"Mutations in one request. They run one after the other, and each is a transaction; the bulk mutations change 100 objects in one."`
	Fragments  int `name:"max-fragments" env:"SOUK_MAX_FRAGMENTS" default:"200" help:"Fragments of a document."`
	Variables  int `name:"max-variables" env:"SOUK_MAX_VARIABLES" default:"200" help:"Variables of a document's operations together."`

	Cost              int64 `name:"max-cost" env:"SOUK_MAX_COST" default:"20000" help:"Cost of an operation, estimated before it runs from its list sizes and the schema's @cost weights. One point is about one object."`
	IntrospectionCost int64 `name:"max-introspection-cost" env:"SOUK_MAX_INTROSPECTION_COST" default:"400000" help:"Cost of the fields that describe the schema, where introspection is on."`
	Objects           int64 `name:"max-objects" env:"SOUK_MAX_OBJECTS" default:"20000" help:"Objects of one answer. It stops an operation whose estimate was too low."`
	Errors            int   `name:"max-errors" env:"SOUK_MAX_ERRORS" default:"10" help:"Errors that an answer lists. An operation of which a hundred times as many fields fail is stopped."`
	AnswerBytes       int64 `name:"max-answer-bytes" env:"SOUK_MAX_ANSWER_BYTES" default:"8388608" help:"Bytes of one answer. It stops an operation while it runs."`

	DocumentCache int64 `name:"document-cache-bytes" env:"SOUK_DOCUMENT_CACHE_BYTES" default:"33554432" help:"Memory for parsed documents. A shop's apps send a few hundred different ones, of about 20 KB each."`
}

// DefaultLimits returns the limits that a server has without settings.
func DefaultLimits() Limits {
	var limits Limits
	if err := kong.ApplyDefaults(&limits); err != nil {
		panic(err) // the tags above are constants
	}
	return limits
}
