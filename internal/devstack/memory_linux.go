package devstack

import (
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	// sharedMemory is a file system in memory. Each clone of a test's database is
	// some 500 files on the primary and as many on the replica, made and removed
	// again. On ext4 half of the servers' kernel time went into the search for an
	// inode that was not removed a moment ago.
	sharedMemory = "/dev/shm"
	// sharedMemoryNeeded is twice of what all tests together have taken at most.
	sharedMemoryNeeded = 4 << 30
)

// memoryFolder is where a temporary stack's files can be in memory; "" when the
// machine has too little of it.
func memoryFolder() string {
	var there unix.Statfs_t
	if err := unix.Statfs(sharedMemory, &there); err != nil {
		return ""
	}
	// What the file system may take at most is not what the machine has.
	if there.Bavail*uint64(there.Bsize) < sharedMemoryNeeded || memoryAvailable() < 2*sharedMemoryNeeded {
		return ""
	}
	return sharedMemory
}

// memoryAvailable is how many bytes new programs could have; 0 when unknown.
func memoryAvailable() uint64 {
	content, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(content)) {
		if value, found := strings.CutPrefix(line, "MemAvailable:"); found {
			kilobytes, _ := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}
