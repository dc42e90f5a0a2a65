package redisserver

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// StartCluster starts three nodes without replicas that share the 16,384 slots, and
// returns their addresses once every node sees the whole cluster.
func StartCluster(tb testing.TB) (addrs []string) {
	tb.Helper()
	slots := []string{"0 5460", "5461 10922", "10923 16383"}
	for i, s := range slots {
		addr := Start(tb, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000")
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
		awaitCluster(tb, addr, len(addrs))
	}
	return addrs
}

func must(tb testing.TB, addr, line string) {
	tb.Helper()
	if reply, err := Command(addr, line); err != nil || reply != "+OK" {
		tb.Fatalf("%s: %s: %s %v", addr, line, reply, err)
	}
}

func awaitCluster(tb testing.TB, addr string, nodes int) {
	tb.Helper()
	var last string
	for limit := time.Now().Add(3 * startLimit); time.Now().Before(limit); time.Sleep(20 * time.Millisecond) {
		last = info(addr)
		if strings.Contains(last, "cluster_state:ok") && strings.Contains(last, fmt.Sprintf("cluster_size:%d", nodes)) {
			return
		}
	}
	tb.Fatalf("%s: no cluster within %v: %s", addr, 3*startLimit, last)
}

// info reads the answer to CLUSTER INFO up to the line that tells the cluster's size.
func info(addr string) string {
	c, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err.Error()
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(time.Second))
	if _, err := c.Write([]byte("CLUSTER INFO\r\n")); err != nil {
		return err.Error()
	}
	var text strings.Builder
	for lines := bufio.NewScanner(c); lines.Scan(); {
		text.WriteString(lines.Text() + "\n")
		if strings.HasPrefix(lines.Text(), "cluster_size:") {
			break
		}
	}
	return text.String()
}
