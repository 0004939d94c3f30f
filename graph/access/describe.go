package access

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Describe adds a sentence to the description of each type and field that is not for
// everyone: who can use it. It changes the schema, so give it one that nobody else has.
// Compile reports invalid rules; Describe passes over them.
func Describe(schema *ast.Schema) {
	for name, def := range schema.Types {
		if def.Kind != ast.Object || strings.HasPrefix(name, "__") {
			continue
		}
		general, _, err := read(def.Directives)
		if err != nil {
			continue
		}
		def.Description = general.describe(def.Description)
		for _, field := range def.Fields {
			rule, own, err := read(field.Directives)
			if !own {
				rule = general
			}
			if err == nil {
				field.Description = rule.describe(field.Description)
			}
		}
	}
}

// describe returns a description with who can use what it describes.
func (r Rule) describe(text string) string {
	if r.IsPublic() {
		return text
	}
	return strings.TrimSpace(text + " For " + r.users() + ".")
}

// users describes who the rule lets pass, for a schema: more exactly than an error has
// to.
func (r Rule) users() string {
	staff := "staff and API keys"
	if r.Permission != "" {
		staff += " with the permission `" + string(r.Permission) + "`"
	}
	switch {
	case r.To == Customer:
		return "signed-in customers"
	case r.To == SignedIn:
		return "signed-in customers and staff"
	case r.To == Owner && r.Permission != "":
		return "the customer who owns it, and for " + staff
	case r.To == Owner:
		return "the customer who owns it"
	}
	return staff
}
