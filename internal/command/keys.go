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

// Keys makes and rotates the key set that signs access tokens.
type Keys struct {
	New    KeysNew    `cmd:"" help:"Make a key set, once for a deployment."`
	Rotate KeysRotate `cmd:"" help:"Sign with a new key from now on. Old tokens stay good while their key is kept."`
}

// KeysNew makes a key set.
type KeysNew struct {
	File string `placeholder:"FILE" help:"Where to write it; the file must not exist yet. Without it the set is printed, for SOUK_KEYS."`
}

// Run makes the key set.
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
		return fmt.Errorf("%s is there already: `souk keys rotate --file %s` puts a new key in front (%w)", k.File, k.File, fs.ErrExist)
	case err != nil:
		return err
	}
	_, err = fmt.Printf("%s holds the key set: give it to every server with SOUK_KEYS_FILE, and to nobody else.\n", k.File)
	return err
}

// KeysRotate puts a new key before those of a file.
type KeysRotate struct {
	File string `required:"" placeholder:"FILE" help:"The file that SOUK_KEYS_FILE names."`
	Keep int    `default:"2" help:"How many of the present keys go on verifying."`
}

// Run rotates the key set. Whoever reads the file meanwhile finds the old one or
// the new one. Servers read it when they start.
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
	_, err = fmt.Printf("%s has a new key in front: servers sign with it once they are started anew.\n", k.File)
	return err
}

// EnsureKeys makes a key set in a file that is not there yet.
func EnsureKeys(file string) error {
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	data, err := newKeys()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("make keys: %w", err)
	}
	if err := createKeys(file, data); !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil // another process was faster
}

func newKeys() ([]byte, error) {
	keys, err := token.New()
	if err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	data, err := keys.MarshalPrivate()
	if err != nil {
		return nil, fmt.Errorf("make keys: %w", err)
	}
	return data, nil
}

// createKeys never takes another file's place: whoever signed in with its keys
// would be signed out.
func createKeys(file string, data []byte) error { return writeKeys(file, data, os.Link) }

// writeKeys writes a file that nobody else can read, whole or not at all: place
// puts the finished file where it belongs.
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
