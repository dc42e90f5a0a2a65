//go:build unix

// Package sqlserver starts a throw-away PostgreSQL or MariaDB for a test, on loopback and in a temporary folder, and stops it with the test.
//
// It never connects to a server it did not start, and nothing outside of tests may import it.
package sqlserver

import (
	"bytes"
	"database/sql"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	_ "github.com/go-sql-driver/mysql" // the driver "mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// startLimit is how long a database may take to be ready.
const startLimit = time.Minute

// tool finds a server's program. Debian keeps PostgreSQL's off the PATH.
func tool(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin/" + name, "/usr/sbin/" + name} {
		if found, _ := filepath.Glob(pattern); len(found) > 0 {
			return found[len(found)-1]
		}
	}
	const missing = "%s is not installed (Debian: postgresql, mariadb-server), and this test needs the real server"
	if os.Getenv("CI") != "" {
		t.Fatalf(missing, name)
	}
	t.Skipf(missing, name)
	return ""
}

// dataDir is a new folder for a server, and how its programs run: they refuse to run as root.
func dataDir(t *testing.T, owner string) (string, *syscall.SysProcAttr) {
	t.Helper()
	// Not t.TempDir: its parents may be closed to the owner.
	dir, err := os.MkdirTemp("", "hookonce")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() != 0 {
		return dir, attr
	}
	u, err := user.Lookup(owner)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return dir, attr
}

func prepare(t *testing.T, dir string, attr *syscall.SysProcAttr, name string, args ...string) {
	t.Helper()
	c := exec.Command(name, args...)
	c.Dir, c.SysProcAttr = dir, attr
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, out)
	}
}

// server is how a database server is started on a port.
type server struct {
	driver string
	dsn    func(port string) string
	name   string
	args   func(port string) []string
}

// startTries is how often a port is tried: one that was free can be taken before the server gets it.
const startTries = 5

// serve runs a server until the test ends, and returns a connection to it and its port once it answers.
func serve(t *testing.T, dir string, attr *syscall.SysProcAttr, s server) (*sql.DB, string) {
	t.Helper()
	var err error
	for range startTries {
		var db *sql.DB
		port := freePort(t)
		if db, err = s.start(t, dir, attr, port); err == nil {
			return db, port
		}
	}
	t.Fatal(err)
	return nil, ""
}

func (s server) start(t *testing.T, dir string, attr *syscall.SysProcAttr, port string) (*sql.DB, error) {
	t.Helper()
	var log bytes.Buffer
	c := exec.Command(s.name, s.args(port)...)
	c.Dir, c.SysProcAttr, c.Stdout, c.Stderr = dir, attr, &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = c.Wait()
		close(ended)
	}()
	t.Cleanup(func() {
		_ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL)
		<-ended
	})
	db, err := sql.Open(s.driver, s.dsn(port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	for limit := time.After(startLimit); ; {
		err := db.PingContext(t.Context())
		if err == nil {
			return db, nil
		}
		select {
		case <-ended:
			return nil, fmt.Errorf("%s: ended at once: %w\n%s", s.name, err, log.String())
		case <-limit:
			t.Fatalf("%s: no answer within %v: %v", s.name, startLimit, err)
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Postgres starts PostgreSQL, and returns a connection to it and its URL. Where it is not installed the test is skipped, and fails if CI is set.
func Postgres(t *testing.T) (*sql.DB, string) {
	t.Helper()
	initdb, program := tool(t, "initdb"), tool(t, "postgres")
	dir, attr := dataDir(t, "postgres")
	prepare(t, dir, attr, initdb, "-D", dir, "-A", "trust", "-U", "hookonce", "-N", "-E", "UTF8", "--locale=C")
	address := func(port string) string { return "postgres://hookonce:hunter2@127.0.0.1:" + port + "/postgres" }
	db, port := serve(t, dir, attr, server{
		driver: "pgx", dsn: func(port string) string { return address(port) + "?sslmode=disable" }, name: program,
		args: func(port string) []string {
			return []string{"-D", dir, "-p", port, "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"}
		},
	})
	return db, address(port)
}

// MariaDB starts MariaDB, and returns a connection to it and its URL. Where it is not installed the test is skipped, and fails if CI is set.
func MariaDB(t *testing.T) (*sql.DB, string) {
	t.Helper()
	install, program := tool(t, "mariadb-install-db"), tool(t, "mariadbd")
	dir, attr := dataDir(t, "mysql")
	prepare(t, dir, attr, install, "--no-defaults", "--datadir="+dir, "--auth-root-authentication-method=normal", "--skip-test-db")
	db, port := serve(t, dir, attr, server{
		driver: "mysql", dsn: func(port string) string { return "root@tcp(127.0.0.1:" + port + ")/mysql" }, name: program,
		args: func(port string) []string {
			return []string{"--no-defaults", "--datadir=" + dir, "--port=" + port, "--bind-address=127.0.0.1",
				"--socket=" + filepath.Join(dir, "s"), "--pid-file=" + filepath.Join(dir, "pid")}
		},
	})
	return db, "mysql://root@127.0.0.1:" + port + "/mysql"
}
