package redisserver

import (
	"fmt"
	"net"
	"testing"
)

// StartCluster starts three nodes without replicas that share the 16,384 slots, and
// returns their addresses once every node sees the whole cluster.
func (p Program) StartCluster(tb testing.TB) (addrs []string) {
	tb.Helper()
	slots := []string{"0 5460", "5461 10922", "10923 16383"}
	for i, s := range slots {
		addr := p.Start(tb, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
		addrs = append(addrs, addr)
		must(tb, addr, "CLUSTER ADDSLOTSRANGE "+s)
		must(tb, addr, fmt.Sprintf("CLUSTER SET-CONFIG-EPOCH %d", i+1))
	}
	for _, addr := range addrs[1:] {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			tb.Fatal(err)
		}
		must(tb, addrs[0], "CLUSTER MEET "+host+" "+port)
	}
	for _, addr := range addrs {
		poll(tb, addr, "CLUSTER INFO", "cluster_state:ok", fmt.Sprintf("cluster_size:%d", len(addrs)))
	}
	return addrs
}

func must(tb testing.TB, addr, line string) {
	tb.Helper()
	if reply, err := Command(addr, line); err != nil || reply != "+OK" {
		tb.Fatalf("%s: %s: %s %v", addr, line, reply, err)
	}
}
