package cmd

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"hookonce/replay/redact"
	"hookonce/replay/supervise"
)

// ExecOptions are the flags about an endpoint that hookonce starts itself.
type ExecOptions struct {
	Exec     string
	Ready    string
	Replicas int
	Database string
	// DatabaseProxy says that hookonce stands before that database.
	DatabaseProxy bool
}

const (
	// maxReplicas bounds how many copies of an endpoint are started.
	maxReplicas = 16
	// readyWithin is how long an endpoint may take to come up, where --wait says nothing.
	readyWithin = 30 * time.Second
	// stopGrace is how long it may take to end after SIGTERM.
	stopGrace = 5 * time.Second
)

func (o *ExecOptions) add(f *pflag.FlagSet) {
	f.StringVar(&o.Exec, "exec", "", "`command` that starts the endpoint, for the run only; {port}, {redis}, {database}, {effects} and {replica} stand for what it is to use, as do PORT, REDIS_URL, DATABASE_URL and HOOKONCE_EFFECTS_URL in its environment")
	f.StringVar(&o.Ready, "ready", "", "`URL` or path that answers below 400 once the started endpoint is ready (default: its port takes connections)")
	f.IntVar(&o.Replicas, "replicas", 1, "how many copies of the endpoint --exec starts; the copies of an event take them in turn")
	f.StringVar(&o.Database, "database", "", "`URL` of the database that {database} and DATABASE_URL stand for (default: $DATABASE_URL)")
	f.BoolVar(&o.DatabaseProxy, "database-proxy", false, "stand between the endpoint and that database (PostgreSQL, MySQL, any that is reached by TCP), so that the faults database-slow, database-cut and database-lost can be asked for: --database postgres://127.0.0.1/shop --database-proxy --faults all,database-lost")
}

func (o *ExecOptions) check() error {
	switch {
	case o.Exec == "" && (o.Ready != "" || o.Replicas != 1 || o.Database != "" || o.DatabaseProxy):
		return usagef("--ready, --replicas, --database and --database-proxy belong to --exec, which starts the endpoint: give --exec COMMAND")
	case o.Replicas < 1 || o.Replicas > maxReplicas:
		return usagef("--replicas %d: give 1 to %d", o.Replicas, maxReplicas)
	}
	return nil
}

// started is an endpoint that was started for a run: its replicas, and what they were told.
type started struct {
	o       ExecOptions
	getenv  func(string) string
	secrets []string
	hidden  redact.Secrets // that its output may tell
	effects string         // host:port where the endpoint finds its downstream API
	ports   []string       // of the replicas
	redis   []string       // the Redis of each replica
	between *database      // what stands before the database; nil where nothing does
	seek    bool           // the path of the webhooks is to be found out
	say     func(string, ...any)

	mu       sync.Mutex
	replicas []*supervise.Process
	outputs  []*supervise.Output
	logs     []string
	died     func(replica int, how string) // hears of a replica that ended by itself
	ending   bool
	revivals int
}

// newStarted finds room for the replicas. Nothing runs yet.
func newStarted(o ExecOptions, s *Streams, secrets []string, m *middle, say func(string, ...any)) (*started, error) {
	e := &started{o: o, getenv: s.Getenv, secrets: secrets, say: say}
	ports, err := freePorts(o.Replicas + 1)
	if err != nil {
		return nil, fmt.Errorf("--exec: %w", err)
	}
	e.effects, e.ports = "127.0.0.1:"+ports[o.Replicas], ports[:o.Replicas]
	for i := range o.Replicas {
		url, err := m.Replica(fmt.Sprintf("replica %d", i+1))
		if err != nil {
			return nil, err
		}
		e.redis = append(e.redis, url)
	}
	e.o.Database = cmp.Or(o.Database, s.Getenv("DATABASE_URL"))
	_, err = e.fill(o.Exec, 0)
	return e, err
}

// stand puts hookonce before the database.
func (e *started) stand(dial dialer) (err error) {
	if e.o.Database == "" {
		return usagef("--database-proxy: there is no database to stand before: give it with --database URL, or as DATABASE_URL")
	}
	e.between, err = openDatabase(e.o.Database, dial)
	return err
}

// ownDatabase is the database that the endpoint is told of.
func (e *started) ownDatabase() string {
	if e.between != nil {
		return e.between.url
	}
	return e.o.Database
}

// command is the command line that starts a replica. Effect sources and --reset are given the database itself: what they ask of it is not the endpoint's.
func (e *started) command(replica int) (string, error) {
	text := e.o.Exec
	if e.between != nil {
		text = strings.ReplaceAll(text, "{database}", e.between.url)
	}
	return e.fill(text, replica)
}

// close ends what stands before the database.
func (e *started) close() {
	if e.between != nil {
		e.between.proxy.Close()
	}
}

// Ports for what is started are sought below those that systems give to outgoing connections: between our letting go of a port and its
// taking, one of those would get in now and then.
const (
	firstPort  = 18000
	portsAbove = 14000
	portTries  = 50
)

// listenFree listens at a port of that kind; at any other where it finds none.
func listenFree() (net.Listener, error) {
	for range portTries {
		if l, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(firstPort+rand.IntN(portsAbove)))); err == nil {
			return l, nil
		}
	}
	return net.Listen("tcp", "127.0.0.1:0")
}

// freePorts are ports that nobody listens at. They are free again for whoever comes first.
func freePorts(n int) ([]string, error) {
	var ports []string
	for range n {
		l, err := listenFree()
		if err != nil {
			return nil, err
		}
		defer l.Close()
		ports = append(ports, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
	return ports, nil
}

// fill puts a replica's values in the place of the templates. The replicas count from 0.
func (e *started) fill(text string, replica int) (string, error) {
	for _, v := range []struct{ name, value, how string }{
		{"{port}", e.ports[replica], ""},
		{"{replica}", strconv.Itoa(replica + 1), ""},
		{"{effects}", e.effects, ""},
		{"{redis}", e.redis[replica], ""},
		{"{database}", e.o.Database, "give it a database with --database URL"},
	} {
		if !strings.Contains(text, v.name) {
			continue
		}
		if v.value == "" {
			return "", usagef("--exec: nothing stands for %s: %s", v.name, v.how)
		}
		text = strings.ReplaceAll(text, v.name, v.value)
	}
	return text, nil
}

// environment is what a replica is started with: hookonce's own environment, and what it is to use.
func (e *started) environment(replica int) []string {
	env := os.Environ()
	for _, v := range [][2]string{{"PORT", e.ports[replica]}, {"REDIS_URL", e.redis[replica]}, {"DATABASE_URL", e.ownDatabase()},
		{"HOOKONCE_EFFECTS_URL", "http://" + e.effects}, {"HOOKONCE_REPLICA", strconv.Itoa(replica + 1)}, {"HOOKONCE_SECRET", e.secret()}} {
		if v[1] != "" {
			env = append(env, v[0]+"="+v[1]) // of two with one name, the last counts
		}
	}
	return env
}

// secret is what the endpoint is to verify with: the first one given.
func (e *started) secret() string {
	if len(e.secrets) == 0 {
		return ""
	}
	return e.secrets[0]
}

// addresses are where the replicas listen.
func (e *started) addresses() []string {
	var out []string
	for _, p := range e.ports {
		out = append(out, "127.0.0.1:"+p)
	}
	return out
}
