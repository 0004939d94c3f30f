package main

// auditSubjects is the enum of the kinds of objects in audit events.
const auditSubjects = "AuditSubjectKind"

// subject is a value of this enum, with its noun.
type subject struct {
	constant goType
	noun     noun
}

// readSubjects finds the nouns of the enum's values. Each value must have one.
func (p *plan) readSubjects() {
	def := p.schema.Types[auditSubjects]
	if def == nil {
		return
	}
	for _, value := range def.EnumValues {
		n, ok := p.nouns.find(func(n noun) bool { return constantCase(n.Go) == value.Name })
		if !ok {
			p.fault("%s.%s: no noun has this name in Go; audit events need it for the ID of the object", auditSubjects, value.Name)
			continue
		}
		p.subjects = append(p.subjects, subject{parseGoType(p.models[auditSubjects].EnumValues[value.Name].Value), n})
	}
}

// resolverNodes writes the resolvers' switches over the nouns.
func (p *plan) resolverNodes() ([]byte, error) {
	s := newSource("souk/resolvers", "context", "souk/loaders", relayPath)
	s.add("// loadKind loads the objects of the IDs at the given indexes, which are all of one kind,")
	s.add("// into the same indexes of a list, or asks for their keys if the list is nil. It loads")
	s.add("// nothing if the kind is unknown or is not a node.")
	s.add("func loadKind(ctx context.Context, kind relay.Kind, ids []string, indexes []int, into nodeList) error {")
	s.add("\tswitch kind {")
	for _, n := range p.nouns {
		if n.Node {
			object, _ := p.goTypeOf(n.Type)
			s.add("\tcase %s:\n\t\treturn loadNodes[%s, %s](ctx, loaders.%s, ids, indexes, into)",
				s.ref(goType{relayPath, n.Go}), s.ref(goType{storePath, n.key()}), s.ref(object), n.Go)
		}
	}
	s.add("\t}\n\treturn nil\n}\n")

	if len(p.subjects) > 0 {
		p.addSubjectID(s)
	}
	return s.text()
}

func (p *plan) addSubjectID(s *source) {
	enum, _ := p.goTypeOf(auditSubjects)
	s.imports["fmt"], s.imports["github.com/google/uuid"] = true, true
	s.add("// subjectID returns the global ID of the object of an audit event.")
	s.add("func subjectID(kind %s, key uuid.UUID) (string, error) {\n\tswitch kind {", s.ref(enum))
	for _, subject := range p.subjects {
		s.add("\tcase %s:\n\t\treturn relay.ID(%s(key)), nil", s.ref(subject.constant), s.ref(goType{storePath, subject.noun.key()}))
	}
	s.add("\t}\n\treturn \"\", fmt.Errorf(\"an audit event has the subject kind %%q, which has no global ID\", kind)\n}")
}
