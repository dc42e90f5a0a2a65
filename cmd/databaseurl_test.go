package cmd

import (
	"errors"
	"strings"
	"testing"
)

// Only the address is exchanged: whatever else a URL holds stays as it was written.
func TestDatabaseURL(t *testing.T) {
	for text, want := range map[string][2]string{
		"postgres://u:p%40ss@db.local:6543/shop?sslmode=disable&x=a b": {"db.local:6543", "postgres://u:p%40ss@127.0.0.1:1/shop?sslmode=disable&x=a b"},
		"postgresql://u@127.0.0.1/shop":                                {"127.0.0.1:5432", "postgresql://u@127.0.0.1:1/shop"},
		"postgresql+psycopg://127.0.0.1/shop":                          {"127.0.0.1:5432", "postgresql+psycopg://127.0.0.1:1/shop"},
		"mysql://root:a@b@localhost":                                   {"localhost:3306", "mysql://root:a@b@127.0.0.1:1"},
		"jdbc:mariadb://localhost/shop?user=u":                         {"localhost:3306", "jdbc:mariadb://127.0.0.1:1/shop?user=u"},
		"mongodb://[::1]:27018/shop#x":                                 {"[::1]:27018", "mongodb://127.0.0.1:1/shop#x"},
		"cockroach://db:26257/shop":                                    {"db:26257", "cockroach://127.0.0.1:1/shop"},
	} {
		u, err := parseDatabaseURL(text)
		if err != nil || u.address != want[0] || u.at("127.0.0.1:1") != want[1] {
			t.Errorf("%s: %q, %q, %v", text, u.address, u.at("127.0.0.1:1"), err)
		}
	}
}

func TestDatabaseURLIsRefused(t *testing.T) {
	for text, want := range map[string]string{
		"sqlite:/srv/x.db":                       "leave --database-proxy out",
		"sqlite:///x.db":                         "leave --database-proxy out",
		"file:x.db":                              "leave --database-proxy out",
		"root:hunter2@tcp(127.0.0.1:3306)/shop":  "that is no URL",
		"postgres:///shop?host=/var/run":         "names no host",
		"postgres://127.0.0.1/shop?host=/run":    "names no host",
		"mysql:///shop":                          "names no host",
		"postgres://u:hunter2@a:1,b:2/shop":      "several hosts",
		"mongodb+srv://cluster.example/shop":     "one host and port",
		"cockroach://db/shop":                    "names no port",
		"postgres://u:hunter2@127.0.0.1:pg/shop": "cannot be read",
	} {
		_, err := parseDatabaseURL(text)
		var usage *usageError
		if err == nil || !errors.As(err, &usage) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", text, err)
		}
	}
}
