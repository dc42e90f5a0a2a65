package observe

import (
	"errors"
	"net/url"
	"path/filepath"
	"slices"

	"github.com/go-sql-driver/mysql"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	_ "modernc.org/sqlite"             // the driver "sqlite"
)

// database is a kind of SQL database that can be asked.
type database struct {
	schemes []string
	usage   string
	driver  string
	// dsn makes the driver's name of the database out of what stands between the scheme and the query.
	dsn func(address, dir string) (string, error)
}

func databases() []database {
	return []database{
		{[]string{"postgres", "postgresql"}, "postgres://USER@HOST/DB#QUERY", "pgx", postgresDSN},
		{[]string{"mysql", "mariadb"}, "mysql://USER@HOST/DB#QUERY", "mysql", mysqlDSN},
		{[]string{"sqlite", "sqlite3"}, "sqlite:FILE#QUERY", "sqlite", sqliteDSN},
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

func postgresDSN(address, _ string) (string, error) {
	u, err := url.Parse("postgres:" + address)
	if err != nil || u.Host == "" {
		return "", errAddress // the parser's own error shows the password
	}
	return u.String(), nil
}

func mysqlDSN(address, _ string) (string, error) {
	u, err := url.Parse("mysql:" + address)
	if err != nil || u.Host == "" {
		return "", errAddress
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
	return c.FormatDSN(), nil
}

// sqliteDSN opens a file that is there already, and never writes to it.
func sqliteDSN(address, dir string) (string, error) {
	if dir != "" && !filepath.IsAbs(address) {
		address = filepath.Join(dir, address)
	}
	u := url.URL{Scheme: "file", Opaque: (&url.URL{Path: filepath.ToSlash(address)}).EscapedPath(),
		RawQuery: "mode=rw&_pragma=query_only(1)&_pragma=busy_timeout(2000)"}
	return u.String(), nil
}
