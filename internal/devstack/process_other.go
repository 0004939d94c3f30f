//go:build unix && !linux

package devstack

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent does nothing: only Linux can signal a child when its parent
// died. The next start ends what was left behind.
func dieWithParent(*syscall.SysProcAttr, syscall.Signal) {}

// memoryFolder is none: elsewhere there is no file system in memory to rely on.
func memoryFolder() string { return "" }

// processesIn returns the server named by the pid file in dir, if the process
// with that number really is that program in that folder.
func processesIn(dir, program string) []int {
	for _, name := range []string{"postmaster.pid", "redis.pid"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue
		}
		first, _, _ := strings.Cut(string(content), "\n")
		pid, err := strconv.Atoi(strings.TrimSpace(first))
		if err != nil || pid <= 1 {
			continue
		}
		command, err := exec.Command("ps", "-ww", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
		if err == nil && strings.Contains(string(command), program) && strings.Contains(string(command), dir) {
			return []int{pid}
		}
	}
	return nil
}
