// Package access proves that nobody is shown or changes what the rules of the
// schema keep from them: it asks for every field by every way that leads there, as
// everybody whom a rule tells apart.
package access
