package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"souk/internal/auth/token"
)

// Keys creates and rotates the key set that signs access tokens.
type Keys struct {
	New    KeysNew    `cmd:"" help:"Create a key set, once for a deployment."`
	Rotate KeysRotate `cmd:"" help:"Sign with a new key from now on. Tokens stay valid while their key is kept."`
}

// KeysNew creates a key set.
type KeysNew struct {
	File string `placeholder:"FILE" help:"The file to write, which must not exist yet. Without it, the set is printed, for SOUK_KEYS."`
}

// Run creates the key set.
func (k *KeysNew) Run(context.Context) error {
	data, err := newKeys()
	if err != nil {
		return err
	}
	if k.File == "" {
		_, err := fmt.Println(string(data))
		return err
	}
	err = createKeys(k.File, data)
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("%s already exists: to add a new key, run `souk keys rotate --file %s` (%w)", k.File, k.File, fs.ErrExist)
	case err != nil:
		return err
	}
	_, err = fmt.Printf("%s contains the key set. Give it to every server with SOUK_KEYS_FILE, and to nobody else.\n", k.File)
	return err
}

// KeysRotate adds a new key before those of a file.
type KeysRotate struct {
	File string `required:"" placeholder:"FILE" help:"The file of SOUK_KEYS_FILE."`
	Keep int    `default:"2" help:"How many of the current keys still verify."`
}

// Run rotates the key set. A concurrent reader of the file gets the old or the
// new set. Servers read the file when they start.
func (k *KeysRotate) Run(context.Context) error {
	data, err := os.ReadFile(k.File)
	if err != nil {
		return fmt.Errorf("rotate keys: %w", err)
	}
	keys, err := token.Parse(data)
	if err != nil {
		return fmt.Errorf("rotate keys: %s: %w", k.File, err)
	}
	if keys, err = keys.Rotated(k.Keep); err != nil {
		return err
	}
	if data, err = keys.MarshalPrivate(); err != nil {
		return fmt.Errorf("rotate keys: %w", err)
	}
	if err := writeKeys(k.File, data, os.Rename); err != nil {
		return err
	}
	_, err = fmt.Printf("%s has a new first key. Servers sign with it after a restart.\n", k.File)
	return err
}

// EnsureKeys creates a key set in a file that does not exist yet.
func EnsureKeys(file string) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, err := newKeys()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("create keys: %w", err)
	}
	if err := createKeys(file, data); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil // another process was faster
}

func newKeys() ([]byte, error) {
	keys, err := token.New()
	if err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	data, err := keys.MarshalPrivate()
	if err != nil {
		return nil, fmt.Errorf("create keys: %w", err)
	}
	return data, nil
}

// createKeys never replaces a file: everyone who signed in with its keys would
// be signed out.
func createKeys(file string, data []byte) error { return writeKeys(file, data, os.Link) }

// writeKeys writes a file that nobody else can read, completely or not at all.
// place moves the finished file to its path.
func writeKeys(file string, data []byte, place func(from, to string) error) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), ".keys-*") // of mode 0600
	if err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.Write(append(data, '\n'))
	if err = errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	if err := place(temporary.Name(), file); err != nil {
		return fmt.Errorf("write keys: %w", err)
	}
	return nil
}
