//go:build unix

package observe

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hookonce/dedupe/storetest/redisserver"
	"hookonce/dedupe/storetest/sqlserver"
	"hookonce/replay"
)

func mustExec(t *testing.T, db *sql.DB, statements ...string) {
	t.Helper()
	for _, s := range statements {
		if _, err := db.ExecContext(t.Context(), s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// A table of charges and one of states, in each kind of database: what was there before is told as
// earlier, and then what changes.
func TestSQL(t *testing.T) {
	for name, start := range map[string]func(*testing.T) (*sql.DB, string){
		"postgres": sqlserver.Postgres, "mariadb": sqlserver.MariaDB, "sqlite": startSQLiteFile,
	} {
		t.Run(name, func(t *testing.T) {
			db, address := start(t)
			mustExec(t, db, "create table charges (event_id varchar(40) not null, kind varchar(20) not null)",
				"create table subs (id varchar(40) primary key, ver bigint, gone boolean)",
				"insert into charges values ('evt_old', 'charge')")
			counts := mustParse(t, address+"#select event_id, count(*), kind from charges group by event_id, kind order by event_id, kind", Options{})
			states := mustParse(t, address+"#select id as subject, ver as version, gone from subs order by id", Options{})
			r, s := mustOpen(t, counts), mustOpen(t, states)
			if strings.Contains(counts.Info().Label, "hunter2") {
				t.Errorf("the label tells the password: %s", counts.Info().Label)
			}
			mustExec(t, db, "insert into charges values ('evt_1', 'charge'), ('evt_1', 'charge'), ('evt_1', 'mail')",
				"insert into subs values ('sub_1', 9007199254740993, false), ('sub_2', 7, true)")
			mustPoll(t, counts)
			mustPoll(t, states)
			if got := strings.Join(r.take(), "; "); got != "charge evt_old +1 earlier; charge evt_1 +2; mail evt_1 +1" {
				t.Errorf("told %q", got)
			}
			if got := strings.Join(s.take(), "; "); got != "sub_1=9007199254740993; sub_2=7 deleted" {
				t.Errorf("told %q", got)
			}
			if i := states.Info(); !i.States || i.Counts || i.Exact {
				t.Errorf("info %+v", i)
			}
			mayOnlyRead(t, address)
			complain(t, address)
		})
	}
}

// startSQLiteFile returns an address that relative names and blanks survive.
func startSQLiteFile(t *testing.T) (*sql.DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a shop.db")
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db, "sqlite:" + path
}

// mayOnlyRead: a query that writes is refused by the database.
func mayOnlyRead(t *testing.T, address string) {
	t.Helper()
	s := mustParse(t, address+"#delete from charges", Options{})
	if err := s.Open(t.Context(), time.Now(), func(replay.Effect) {}); err == nil {
		t.Error("a source could delete")
	}
	_ = s.Close()
}

// complain: what is wrong with a query is told in a line, without the password.
func complain(t *testing.T, address string) {
	t.Helper()
	for query, want := range map[string]string{
		"select * from nowhere":              "nowhere",
		"select event_id, kind from charges": "is not a whole number",
		"select 1, 2, 3, 4":                  "4 columns",
	} {
		s := mustParse(t, address+"#"+query, Options{})
		err := s.Open(t.Context(), time.Now(), func(replay.Effect) {})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v, want %q", query, err, want)
		}
		_ = s.Close()
	}
}

// A charge without its event is an effect, if of no event, and how many there are is told once they are known.
func TestRowsWithoutAnID(t *testing.T) {
	db, address := startSQLiteFile(t)
	mustExec(t, db, "create table charges (event_id text)", "insert into charges values (null)")
	r := &recorder{}
	w := New([]Source{mustParse(t, address+"#select event_id, count(*) from charges group by 1", Options{})}, time.Now(), r.emit, r.mark)
	if err := w.Start(t.Context(), time.Hour); err != nil {
		t.Fatal(err)
	}
	mustExec(t, db, "insert into charges values (null), (''), ('evt_1')")
	if err := w.PollNow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(r.take(), "; "); got != " +1 earlier;  +2; evt_1 +1" {
		t.Errorf("told %q", got)
	}
	if marks := r.takeMarks(); len(marks) != 1 || marks[0].Kind != replay.MarkNote || !strings.Contains(marks[0].Text, "shows 3 under an empty id") {
		t.Errorf("marks %v", marks)
	}
}

func TestSQLWithoutServer(t *testing.T) {
	for _, address := range []string{"postgres://joe:hunter2@127.0.0.1:1/x", "mysql://joe:hunter2@127.0.0.1:1/x", "sqlite:" + filepath.Join(t.TempDir(), "none.db"),
		"redis://joe:hunter2@127.0.0.1:1/0"} {
		query := "select 'evt_1', 1"
		if strings.HasPrefix(address, "redis") {
			query = "hgetall charges"
		}
		s := mustParse(t, address+"#"+query, Options{Timeout: 5 * time.Second})
		err := s.Open(t.Context(), time.Now(), func(replay.Effect) {})
		if err == nil || strings.Contains(err.Error(), "hunter2") || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v", address, err)
		}
		_ = s.Close()
	}
}

func TestRedis(t *testing.T) {
	addr := redisserver.Start(t)
	command := func(line string) {
		t.Helper()
		if reply, err := redisserver.Command(addr, line); err != nil || strings.HasPrefix(reply, "-") {
			t.Fatalf("%s: %s %v", line, reply, err)
		}
	}
	base := "redis://" + addr + "/0#"
	told := map[string]*recorder{}
	sources := map[string]Source{}
	for _, c := range []string{"hgetall counts", "lrange list 0 -1", "smembers set", "zrange sorted 0 -1 withscores"} {
		sources[c] = mustParse(t, base+c, Options{})
		told[c] = mustOpen(t, sources[c])
	}
	states := mustParse(t, strings.Replace(base, "redis:", "redis+state:", 1)+"HGETALL versions", Options{})
	s := mustOpen(t, states)
	for _, line := range []string{"HSET counts evt_1 2", "RPUSH list evt_1 evt_2 evt_1", "SADD set evt_3", "ZINCRBY sorted 3 evt_4",
		"HSET versions sub_1 9007199254740993"} {
		command(line)
	}
	for c, want := range map[string]string{"hgetall counts": "evt_1 +2", "lrange list 0 -1": "evt_1 +2; evt_2 +1", "smembers set": "evt_3 +1",
		"zrange sorted 0 -1 withscores": "evt_4 +3"} {
		mustPoll(t, sources[c])
		if got := strings.Join(told[c].take(), "; "); got != want {
			t.Errorf("%s: told %q, want %q", c, got, want)
		}
	}
	mustPoll(t, states)
	if got := strings.Join(s.take(), "; "); got != "sub_1=9007199254740993" {
		t.Errorf("told %q", got)
	}
	command("SET text x")
	wrong := mustParse(t, base+"hgetall text", Options{})
	if err := wrong.Open(t.Context(), time.Now(), func(replay.Effect) {}); err == nil || !strings.Contains(err.Error(), "WRONGTYPE") {
		t.Errorf("a text read as a hash: %v", err)
	}
}
