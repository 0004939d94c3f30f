package devstack

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// account is the user that the servers run as. Postgres refuses to run as root,
// so root lends it another user.
type account struct {
	name     string
	uid, gid int
	lent     bool // not the current user
}

// chooseAccount returns the current user or, for root, the owner of existing
// data, or else the first unprivileged user of the machine.
func chooseAccount(data string) (account, error) {
	if os.Geteuid() != 0 {
		return account{name: strconv.Itoa(os.Geteuid()), uid: os.Geteuid(), gid: os.Getegid()}, nil
	}
	if info, err := os.Stat(data); err == nil && ownerOf(info) != 0 {
		return lend(user.LookupId(strconv.Itoa(ownerOf(info))))
	}
	for _, name := range []string{"postgres", "_postgres", "nobody"} {
		if acc, err := lend(user.Lookup(name)); err == nil {
			return acc, nil
		}
	}
	return account{}, errors.New("postgres refuses to run as root, and this machine has no user postgres or nobody: run as another user")
}

func lend(u *user.User, err error) (account, error) {
	if err != nil {
		return account{}, err
	}
	uid, uidErr := strconv.Atoi(u.Uid)
	gid, gidErr := strconv.Atoi(u.Gid)
	if err := errors.Join(uidErr, gidErr); err != nil {
		return account{}, fmt.Errorf("user %s: %w", u.Username, err)
	}
	return account{name: u.Username, uid: uid, gid: gid, lent: true}, nil
}

func (a account) credential() *syscall.Credential {
	if !a.lent {
		return nil
	}
	return &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
}

// canEnter asks the kernel instead of reading the mode bits, because access
// lists, groups and mount options count too. The child changes its folder after
// it has changed its user.
func (a account) canEnter(dir string) bool {
	if !a.lent {
		return true
	}
	cmd := exec.Command("/bin/sh", "-c", ":")
	cmd.Dir = dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.credential()}
	return cmd.Run() == nil
}

// mkdir creates a folder for this account only. An existing folder must already
// belong to it: in a folder that everyone can write, someone else could have
// prepared it.
func (a account) mkdir(dir string) error {
	err := os.Mkdir(dir, 0o700)
	switch {
	case errors.Is(err, fs.ErrExist):
		info, err := os.Lstat(dir)
		if err != nil {
			return err
		}
		if !info.IsDir() || ownerOf(info) != a.uid {
			return fmt.Errorf("%s exists and is not a folder of user %s: remove it", dir, a.name)
		}
		return nil
	case err != nil:
		return err
	}
	return a.own(dir)
}

func (a account) own(path string) error {
	if !a.lent {
		return nil
	}
	return os.Lchown(path, a.uid, a.gid)
}

func ownerOf(info fs.FileInfo) int {
	return int(info.Sys().(*syscall.Stat_t).Uid)
}
