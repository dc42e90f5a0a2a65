package cmd

import (
	"net"
	"net/url"
	"slices"
	"strings"

	"hookonce/replay/redact"
)

// databasePorts are where servers listen whose URL names no port.
var databasePorts = map[string]string{"postgres": "5432", "postgresql": "5432", "mysql": "3306", "mariadb": "3306", "sqlserver": "1433", "mongodb": "27017"}

// databaseURL is the URL of a database that is reached over TCP, as its parts before and after the address.
type databaseURL struct {
	before, address, after string
}

// at is the same URL with another address: user, password, name and parameters stay as they were written.
func (u databaseURL) at(address string) string { return u.before + address + u.after }

// parseDatabaseURL takes a URL apart. What has no address that can be exchanged is refused, with how to mend it.
func parseDatabaseURL(text string) (u databaseURL, err error) {
	shown := safe(redact.URL(text))
	refuse := func(why string) (databaseURL, error) { return u, usagef("--database-proxy: %s: %s", shown, why) }
	scheme, rest, found := strings.Cut(text, "://")
	name, _, _ := strings.Cut(strings.TrimPrefix(strings.ToLower(scheme), "jdbc:"), "+") // postgresql+psycopg, of SQLAlchemy
	switch {
	case strings.HasPrefix(strings.ToLower(text), "sqlite") || strings.HasPrefix(strings.ToLower(text), "file:"):
		return refuse("SQLite is a file and no server, so there is no connection to cut: leave --database-proxy out")
	case !found:
		shown = "what --database says" // it may hold a password where none is looked for
		return refuse("that is no URL: give --database one, such as postgres://127.0.0.1:5432/name")
	case strings.HasSuffix(scheme, "+srv"):
		return refuse("the name servers know its addresses: give --database a URL with one host and port")
	}
	end := strings.IndexAny(rest+"/", "/?#")
	authority, user := rest[:end], 0
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		user = at + 1
	}
	u = databaseURL{text[:len(text)-len(rest)+user], authority[user:], rest[end:]}
	if socketIn(u.after) || u.address == "" {
		return refuse("it names no host to connect to by TCP: give --database a URL with one host, and its port")
	}
	if strings.Contains(u.address, ",") {
		return refuse("it names several hosts: give --database a URL with one")
	}
	parsed, err := url.Parse("tcp://" + u.address)
	if err != nil || parsed.Hostname() == "" {
		return refuse("its host and port cannot be read: give --database a URL such as postgres://127.0.0.1:5432/name")
	}
	port := parsed.Port()
	if port == "" {
		port = databasePorts[name]
	}
	if port == "" {
		return refuse("it names no port, and none is known for " + safe(name) + ": name it")
	}
	u.address = net.JoinHostPort(parsed.Hostname(), port)
	return u, nil
}

// socketIn says that parameters name another place to connect to.
func socketIn(after string) bool {
	_, query, _ := strings.Cut(after, "?")
	values, err := url.ParseQuery(query)
	return err == nil && slices.ContainsFunc([]string{"host", "hostaddr", "port", "socket", "unix_socket", "unixSocket"}, values.Has)
}
