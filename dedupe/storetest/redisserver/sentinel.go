package redisserver

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Sentinels is a master with a replica, and three Sentinels that agree by two.
type Sentinels struct {
	// Name is what the Sentinels call the master.
	Name string
	// Master and Replica are who they are at the start.
	Master, Replica string
	Addrs           []string
}

// The replica's own user on the master, so that its link can be cut and nobody else's.
const replicaUser, replicaPassword = "replica", "replica"

// StartSentinels starts them, and returns once the replica has its data and each Sentinel knows the replica and the others.
// A master that is gone is replaced after half a second and the vote.
func (p Program) StartSentinels(tb testing.TB) Sentinels {
	tb.Helper()
	s := Sentinels{Name: "guard", Master: p.Start(tb, "--repl-diskless-sync-delay", "0")}
	must(tb, s.Master, "ACL SETUSER "+replicaUser+" on >"+replicaPassword+" +psync +replconf +ping")
	host, port, err := net.SplitHostPort(s.Master)
	if err != nil {
		tb.Fatal(err)
	}
	s.Replica = p.Start(tb, "--replicaof", host+" "+port, "--masteruser", replicaUser, "--masterauth", replicaPassword)
	poll(tb, s.Replica, "INFO replication", "master_link_status:up")
	for range 3 {
		config := filepath.Join(tb.TempDir(), "sentinel.conf") // a Sentinel writes its own
		lines := fmt.Sprintf("sentinel monitor %[1]s %[2]s %[3]s 2\nsentinel down-after-milliseconds %[1]s 500\nsentinel failover-timeout %[1]s 3000\n", s.Name, host, port)
		if err := os.WriteFile(config, []byte(lines), 0o600); err != nil {
			tb.Fatal(err)
		}
		s.Addrs = append(s.Addrs, p.Start(tb, config, "--sentinel"))
	}
	for _, addr := range s.Addrs {
		poll(tb, addr, "INFO sentinel", "slaves=1,sentinels=3")
	}
	return s
}

// Cut parts the replica from the master for good: what the master acknowledges from now on is lost with it.
func (s Sentinels) Cut(tb testing.TB) {
	tb.Helper()
	must(tb, s.Master, "ACL SETUSER "+replicaUser+" off")
	if reply, err := Command(s.Master, "CLIENT KILL TYPE replica"); err != nil || !strings.HasPrefix(reply, ":") {
		tb.Fatalf("client kill: %s %v", reply, err)
	}
	poll(tb, s.Replica, "INFO replication", "master_link_status:down")
}

// Kill ends the master at once, without a word to the replica.
func (s Sentinels) Kill(tb testing.TB) {
	tb.Helper()
	if reply, err := Command(s.Master, "SHUTDOWN NOSAVE NOW FORCE"); err == nil {
		tb.Fatalf("shutdown: %s", reply)
	}
}
