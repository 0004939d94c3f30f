package devstack

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

func dieWithParent(attr *syscall.SysProcAttr, signal syscall.Signal) {
	attr.Pdeathsig = signal
}

// processesIn lists the processes of a program whose working folder is dir; for
// Postgres and Redis that is the data folder. It leaves out a process whose
// parent is in the list. It also sees servers whose pid file is missing or
// wrong.
func processesIn(dir, program string) []int {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil
	}
	parents := map[int]int{}
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err == nil && worksIn(pid, dir, program) {
			parents[pid] = parentOf(pid)
		}
	}
	var roots []int
	for pid, parent := range parents {
		if _, child := parents[parent]; !child {
			roots = append(roots, pid)
		}
	}
	return roots
}

func worksIn(pid int, dir, program string) bool {
	proc := filepath.Join("/proc", strconv.Itoa(pid))
	cmdline, err := os.ReadFile(filepath.Join(proc, "cmdline"))
	if err != nil {
		return false
	}
	name, arguments, _ := strings.Cut(string(cmdline), "\x00")
	if !strings.Contains(name, program) {
		return false
	}
	folder, err := os.Readlink(filepath.Join(proc, "cwd"))
	if err != nil {
		// In a container, root may not be able to inspect another user's
		// process. Everyone can read the arguments.
		return strings.Contains("\x00"+arguments, "\x00"+dir+"\x00")
	}
	// The folder may have been removed while the server runs.
	return strings.TrimSuffix(folder, " (deleted)") == dir
}

func parentOf(pid int) int {
	status, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "status"))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "PPid:"); found {
			parent, _ := strconv.Atoi(strings.TrimSpace(value))
			return parent
		}
	}
	return 0
}
