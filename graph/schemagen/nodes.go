package main

import "fmt"

const auditSubjects = "AuditSubjectKind"

// subject is a value of the enum of what audit events are about.
type subject struct {
	constant goType
	noun     noun
}

// subjects are the nouns that audit events are about. Each value of the enum must
// be one.
func (p *plan) subjects() (found []subject, faults []error) {
	def := p.schema.Types[auditSubjects]
	if def == nil {
		return nil, nil
	}
	for _, value := range def.EnumValues {
		n, ok := p.nouns.find(func(n noun) bool { return constantCase(n.Go) == value.Name })
		if !ok {
			faults = append(faults, fmt.Errorf("%s.%s: no noun is called so in Go, so that audit events could not name the object", auditSubjects, value.Name))
			continue
		}
		found = append(found, subject{parseGoType(p.models[auditSubjects].EnumValues[value.Name].Value), n})
	}
	return found, faults
}

// resolverNodes writes the switches over the nouns that resolvers need.
func (p *plan) resolverNodes() ([]byte, error) {
	s := newSource("souk/resolvers", "context", "souk/loaders", relayPath)
	s.add("// loadKind loads the objects of one kind, which stand at places among ids. There are")
	s.add("// none of a kind that is no node, or that is not known.")
	s.add("func loadKind(ctx context.Context, l *loaders.Loaders, kind relay.Kind, ids []string, places []int, into nodeList) error {")
	s.add("\tswitch kind {")
	for _, n := range p.nouns {
		if n.Node {
			s.add("\tcase %s:\n\t\treturn loadNodes(ctx, l.%s, ids, places, into)", s.ref(goType{relayPath, n.Go}), n.Go)
		}
	}
	s.add("\t}\n\treturn nil\n}\n")

	if subjects, _ := p.subjects(); len(subjects) > 0 {
		p.addSubjectID(s, subjects)
	}
	return s.text()
}

func (p *plan) addSubjectID(s *source, subjects []subject) {
	enum, _ := p.goTypeOf(auditSubjects)
	s.imports["fmt"], s.imports["github.com/google/uuid"] = true, true
	s.add("// subjectID is the global ID of what an audit event is about.")
	s.add("func subjectID(kind %s, key uuid.UUID) (string, error) {\n\tswitch kind {", s.ref(enum))
	for _, subject := range subjects {
		s.add("\tcase %s:\n\t\treturn relay.ID(%s(key)), nil", s.ref(subject.constant), s.ref(goType{storePath, subject.noun.key()}))
	}
	s.add("\t}\n\treturn \"\", fmt.Errorf(\"an audit event is about a %%q, which nothing with an ID is\", kind)\n}")
}
