package observe

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// database is a kind of SQL database that can be asked.
type database struct {
	schemes []string
	usage   string
	// open makes a database of what stands between the scheme and the query, and tells the hosts that it is to connect to.
	open func(address string, o Options) (*sql.DB, []string, error)
}

func databases() []database {
	return []database{
		{[]string{"postgres", "postgresql"}, "postgres://HOST/DB#QUERY", openPostgres},
		{[]string{"mysql", "mariadb"}, "mysql://HOST/DB#QUERY", openMySQL},
		{[]string{"sqlite", "sqlite3"}, "sqlite:FILE#QUERY", openSQLite},
	}
}

func databaseOf(scheme string) (database, bool) {
	for _, d := range databases() {
		if slices.Contains(d.schemes, scheme) {
			return d, true
		}
	}
	return database{}, false
}

var errAddress = errors.New("want //USER:PASSWORD@HOST:PORT/DB before the #, with # and other special characters of a password as %23 and the like")

// openPostgres leaves it to Dial to resolve names: it is by name that a host is allowed.
func openPostgres(address string, o Options) (*sql.DB, []string, error) {
	u, err := url.Parse("postgres:" + address)
	if err != nil || u.Host == "" {
		return nil, nil, errAddress // the parser's own error shows the password
	}
	c, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, nil, err
	}
	if o.Dial != nil {
		c.DialFunc = o.Dial
		c.LookupFunc = func(_ context.Context, host string) ([]string, error) { return []string{host}, nil }
	}
	hosts := []string{c.Host}
	for _, f := range c.Fallbacks {
		hosts = append(hosts, f.Host)
	}
	hosts = slices.DeleteFunc(hosts, func(h string) bool { return strings.HasPrefix(h, "/") }) // the folder of a Unix socket
	return stdlib.OpenDB(*c), hosts, nil
}

func openMySQL(address string, o Options) (*sql.DB, []string, error) {
	u, err := url.Parse("mysql:" + address)
	if err != nil || u.Host == "" {
		return nil, nil, errAddress
	}
	c := mysql.NewConfig()
	c.Net, c.Addr, c.DBName = "tcp", u.Host, ""
	if len(u.Path) > 1 {
		c.DBName = u.Path[1:]
	}
	if u.Port() == "" {
		c.Addr += ":3306"
	}
	c.User = u.User.Username()
	c.Passwd, _ = u.User.Password()
	c.Params = map[string]string{}
	for name, values := range u.Query() {
		c.Params[name] = values[len(values)-1]
	}
	if c, err = mysql.ParseDSN(c.FormatDSN()); err != nil { // it reads the parameters
		return nil, nil, err
	}
	c.DialFunc = o.Dial
	connector, err := mysql.NewConnector(c)
	if err != nil {
		return nil, nil, err
	}
	return sql.OpenDB(connector), []string{u.Hostname()}, nil
}

// openSQLite opens a file that is there already, and never writes to it.
func openSQLite(address string, o Options) (*sql.DB, []string, error) {
	if o.Dir != "" && !filepath.IsAbs(address) {
		address = filepath.Join(o.Dir, address)
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(address)}).EscapedPath(),
		RawQuery: "mode=rw&_pragma=query_only(1)&_pragma=busy_timeout(2000)"}
	db, err := sql.Open("sqlite", u.String())
	return db, nil, err
}
