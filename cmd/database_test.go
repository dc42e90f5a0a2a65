//go:build unix

package cmd

import (
	"database/sql"
	"net"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/tidwall/gjson"

	"hookonce/dedupe/storetest/sqlserver"
)

const databaseFaultList = "database-slow,database-cut,database-lost"

// runDatabase runs the plan against the target go-database, in one of its patterns, with a proxy before the database. The query asks the database itself.
func runDatabase(t *testing.T, program, pattern, address string, more ...string) (int, gjson.Result, string) {
	t.Helper()
	args := append([]string{"run", fixtureDir, "--exec", "STRIPE_WEBHOOK_SECRET=$HOOKONCE_SECRET WORK_MS=20 PATTERN=" + pattern + " exec " + program, "--database", address,
		"--database-proxy", "--effects", "{database}#SELECT event, count(*) FROM charges GROUP BY event", "--provider", "stripe", "--secret", testSecret,
		"--only", "charge.succeeded", "--bursts", "1", "--out", "json", "--journal", filepath.Join(t.TempDir(), "run.jsonl")}, more...)
	code, out, errs := hookonce(t, args...)
	return code, gjson.Parse(out), errs
}

// A transaction is right whatever becomes of its connection. A marker written after the effect is found by these faults, and by no other; a transaction
// that is done again where it fails, by a lost COMMIT only.
func TestDatabaseFaults(t *testing.T) {
	program := goTarget(t, "go-database")
	for name, start := range map[string]func(*testing.T) (*sql.DB, string){"postgres": sqlserver.Postgres, "mariadb": sqlserver.MariaDB} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // most of its time it waits
			_, address := start(t)
			if name == "postgres" {
				address += "?sslmode=disable"
			}
			for i, c := range []struct {
				pattern, faults string
				code            int
			}{
				{"transaction", "all," + databaseFaultList, exitPass},
				{"marker", "all", exitPass},
				{"marker", "duplicate,database-lost", exitViolations},
				{"marker", "duplicate,database-cut", exitViolations},
				{"retry", "duplicate,database-cut", exitPass},
				{"retry", "duplicate,database-lost", exitViolations},
			} {
				code, report, errs := runDatabase(t, program, c.pattern, address, "--faults", c.faults, "--seed", strconv.Itoa(i+1)) // the database remembers the ids it has seen
				if code != c.code {
					t.Errorf("%s, %s: exit %d, want %d; missing %s, findings %.1500s\n%s", c.pattern, c.faults, code, c.code, report.Get("missing"), report.Get("findings"), errs)
				}
				checkOutages(t, c.pattern+", "+c.faults, report)
			}
		})
	}
}

// A run whose endpoint asks nothing of that database says so, and proves nothing.
func TestDatabaseUnused(t *testing.T) {
	code, report, errs := runExec(t, "", "hardened", "--faults", "duplicate,database-lost", "--database", "postgres://"+listening(t)+"/shop", "--database-proxy")
	if code != exitInconclusive || !strings.Contains(report.Get("missing").Raw, "nothing came to the database proxy") {
		t.Errorf("exit %d, missing %s\n%s", code, report.Get("missing"), errs)
	}
}

// listening is an address that takes connections, and says nothing.
func listening(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// The endpoint is told of the proxy, and everybody else of the database.
func TestDatabaseIsStoodBefore(t *testing.T) {
	address := listening(t)
	m, err := MiddleOptions{RedisProxy: "embedded", RedisListen: "127.0.0.1:0"}.open(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.close()
	o := ExecOptions{Exec: "serve --db {database}", Replicas: 1, Database: "postgres://u:p@" + address + "/shop?x=1"}
	e, err := newStarted(o, &Streams{Getenv: func(string) string { return "" }}, nil, m, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer e.close()
	if err := e.stand((&RunOptions{}).guardedDial); err != nil {
		t.Fatal(err)
	}
	command, _ := e.command(0)
	source, _ := e.fill("{database}#SELECT 1", 0)
	if source != o.Database+"#SELECT 1" || strings.Contains(command, address) || command != "serve --db "+e.between.url ||
		!slices.Contains(e.environment(0), "DATABASE_URL="+e.between.url) || !strings.HasPrefix(e.between.url, "postgres://u:p@127.0.0.1:") || !strings.HasSuffix(e.between.url, "/shop?x=1") {
		t.Errorf("source %s, command %s, between %s", source, command, e.between.url)
	}
}

func TestDatabaseProxyUsage(t *testing.T) {
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--target", "http://127.0.0.1:1", "--database-proxy"}, exitUsage, "belong to --exec"},
		{[]string{"--exec", "true", "--database-proxy"}, exitUsage, "give it with --database URL"},
		{[]string{"--exec", "true", "--database-proxy", "--database", "sqlite:x.db"}, exitUsage, "SQLite is a file"},
		{[]string{"--exec", "true", "--database-proxy", "--database", "postgres://192.0.2.1/x"}, exitUsage, "--allow-host 192.0.2.1"},
		{[]string{"--exec", "true", "--database-proxy", "--database", "postgres://127.0.0.1:1/x"}, exitCannot, "cannot be reached"},
	} {
		code, _, errs := hookonce(t, append([]string{"run", fixtureDir, "--secret", testSecret}, c.args...)...)
		if code != c.code || !strings.Contains(errs, c.want) || strings.Count(strings.TrimSpace(errs), "\n") > 0 {
			t.Errorf("%q: exit %d: %s", c.args, code, errs)
		}
	}
}

// checkOutages wants each fault of the database to have taken place, and what was found to be found by one of them.
func checkOutages(t *testing.T, of string, report gjson.Result) {
	t.Helper()
	for _, f := range report.Get("faults").Array() {
		if strings.HasPrefix(f.Get("fault").Str, "database-") && f.Get("fired").Int() == 0 {
			t.Errorf("%s: %s", of, f)
		}
	}
	for _, f := range report.Get(`findings.#(severity=="violation")#`).Array() {
		if f.Get("code").Str != "double-processing" || f.Get("cause").Str != "re-execution" || !strings.HasPrefix(f.Get("fault").Str, "database-") {
			t.Errorf("%s: found %s", of, f)
		}
	}
}
