package observe

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// sqlReader reads a source by a query, in a transaction that may only read.
type sqlReader struct {
	db    *sql.DB
	query string
	max   int64
}

func parseSQL(s spec, o Options) (Source, error) {
	d, known := databaseOf(s.scheme)
	if !known {
		return nil, unknownScheme(s.scheme)
	}
	address, query, found := strings.Cut(s.rest, "#")
	if !found || address == "" || strings.TrimSpace(query) == "" {
		return nil, fmt.Errorf("no query; want %s, such as '...#select event_id, count(*) from charges group by 1'", d.usage)
	}
	db, hosts, err := d.open(address, o)
	if err != nil {
		return nil, errors.New(redact(err.Error()))
	}
	db.SetMaxOpenConns(1)
	return newPolled(s, &sqlReader{db: db, query: query, max: o.MaxBytes}, o, hosts...), nil
}

func (r *sqlReader) read(ctx context.Context) (*snapshot, error) {
	snap, err := r.ask(ctx)
	if err != nil {
		// Drivers name the address they could not reach, and who they were.
		return nil, errors.New(redact(err.Error()))
	}
	return snap, nil
}

func (r *sqlReader) ask(ctx context.Context) (*snapshot, error) {
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }()
	rows, err := tx.QueryContext(ctx, r.query)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	snap, err := r.scan(rows, len(names), len(names) > 0 && strings.EqualFold(names[0], "subject"))
	if err != nil {
		return nil, err
	}
	return snap, rows.Err()
}

// scan takes each row as a line of a command's output is taken, only that its columns are known.
func (r *sqlReader) scan(rows *sql.Rows, columns int, states bool) (*snapshot, error) {
	snap := newSnapshot(0)
	row, into := make([]sql.NullString, columns), make([]any, columns)
	for i := range row {
		into[i] = &row[i]
	}
	size := int64(0)
	for n := 1; rows.Next(); n++ {
		if err := rows.Scan(into...); err != nil {
			return nil, fmt.Errorf("row %d: %w", n, err)
		}
		texts := make([]string, columns)
		for i, c := range row {
			texts[i] = c.String
			size += int64(len(c.String))
		}
		if size > r.max {
			return nil, tooMuch(r.max)
		}
		if err := takeColumns(snap, texts, states); err != nil {
			return nil, fmt.Errorf("row %d: %w", n, err)
		}
	}
	return snap, nil
}

func (r *sqlReader) close() error { return r.db.Close() }
