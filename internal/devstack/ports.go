package devstack

import (
	"encoding/json"
	"errors"
	"hash/fnv"
	"net"
	"os"
	"path/filepath"
	"strconv"
)

// errPortTaken means that another program took a port between the choice and
// the server's start.
var errPortTaken = errors.New("the port is taken")

// The range is below the ports of outgoing connections (32768 and up on Linux,
// 49152 on macOS), so that a port kept from the last run is seldom taken.
const (
	firstPort = 20000
	portCount = 10000
)

// ports are chosen once and kept, so that addresses stay the same after a
// restart.
type ports struct {
	Primary, Replica, Redis int
}

func (s *Stack) choosePorts() error {
	kept := keptPorts(s.dir)
	chosen := kept
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(s.dir))
	next := int(hash.Sum32() % portCount)
	for _, port := range []struct {
		server string
		number *int
	}{{"primary", &chosen.Primary}, {"replica", &chosen.Replica}, {"redis", &chosen.Redis}} {
		before := *port.number
		if before != 0 && free(before) {
			continue
		}
		for range portCount {
			*port.number = firstPort + next%portCount
			next++
			if free(*port.number) && !kept.has(*port.number) {
				break
			}
		}
		if before != 0 {
			s.log.Info("another program uses the port; the server gets a new one",
				"server", port.server, "taken", before, "port", *port.number)
		}
	}
	s.ports = chosen
	content, err := json.Marshal(chosen)
	if err != nil {
		return err
	}
	return writeWhole(portsFile(s.dir), content, 0o644)
}

func portsFile(dir string) string { return filepath.Join(dir, "ports.json") }

// keptPorts are the ports of the last run; zero if there was none, or if the file is
// damaged.
func keptPorts(dir string) (kept ports) {
	if content, err := os.ReadFile(portsFile(dir)); err == nil {
		_ = json.Unmarshal(content, &kept)
	}
	return kept
}

func (p ports) has(port int) bool {
	return port == p.Primary || port == p.Replica || port == p.Redis
}

func free(port int) bool {
	listener, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}
