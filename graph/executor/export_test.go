package executor

// Plans returns the number of operations whose plans are kept, and the number of plans.
func (s *Schema) Plans() (operations, plans int) {
	s.plans.Range(func(_, v any) bool {
		operations++
		plans += len(v.(*variants).plans)
		return true
	})
	return operations, plans
}

// Forget forgets all plans.
func (s *Schema) Forget() { s.plans.Clear() }
