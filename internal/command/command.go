// Package command is what the binary's commands do beyond serving: fill the
// shop, import files, look at the set-up.
package command

import "fmt"

// Primary is the database that a command works on.
type Primary struct {
	DatabaseURL string `name:"database-url" env:"DATABASE_URL" required:"" placeholder:"URL" help:"The primary: postgres://user:password@host:5432/name. After make run: source .dev/env."`
}

// Exit is an exit code that a command ends with after it has said why.
type Exit int

func (e Exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// ExitCode returns nil for 0.
func ExitCode(code int) error {
	if code == 0 {
		return nil
	}
	return Exit(code)
}
