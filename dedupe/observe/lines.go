package observe

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"strings"
)

// decodeOutput reads what a command printed: JSON if it begins like it, lines
// otherwise. states says that plain lines are states.
func decodeOutput(out []byte, states bool, known func(string) bool) (*snapshot, error) {
	out = bytes.TrimPrefix(out, []byte("\xef\xbb\xbf"))
	if first := bytes.TrimSpace(out); len(first) > 0 && (first[0] == '[' || first[0] == '{') {
		return decodeJSON(out, known)
	}
	return decodeLines(out, states)
}

func decodeLines(out []byte, states bool) (*snapshot, error) {
	snap := newSnapshot(len(out) / 16)
	n := 0
	for line := range strings.Lines(string(out)) {
		n++
		// Only what ends a line is cut: blanks at its ends belong to separated columns.
		line = strings.TrimRight(line, "\r\n")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if err := decodeLine(snap, line, states); err != nil {
			return nil, fmt.Errorf("line %d %q: %w", n, clip(line), err)
		}
	}
	return snap, nil
}

func decodeLine(snap *snapshot, line string, states bool) error {
	columns, err := split(line)
	if err != nil {
		return err
	}
	return takeColumns(snap, columns, states)
}

// takeColumns takes an id with its count, or a subject with its version.
func takeColumns(snap *snapshot, columns []string, states bool) error {
	if len(columns) > 2 && columns[0] == "state" {
		return stateLine(snap, columns[1:])
	}
	if states {
		return stateLine(snap, columns)
	}
	return countLine(snap, columns)
}

func countLine(snap *snapshot, columns []string) error {
	n, name := 1, ""
	switch len(columns) {
	case 1:
	case 3:
		name = columns[2]
		fallthrough
	case 2:
		var err error
		if n, err = parseCount(columns[1]); err != nil {
			return fmt.Errorf("%w (want id and count, without a header: psql -tA, mysql -N -B, sqlite3 -noheader)", err)
		}
	default:
		return fmt.Errorf("%d columns, want id, count and at most the effect's name", len(columns))
	}
	return snap.count(columns[0], name, n)
}

func stateLine(snap *snapshot, columns []string) error {
	if len(columns) < 2 || len(columns) > 3 {
		return fmt.Errorf("%d columns, want subject, version and at most deleted (separate them by tabs or | if they hold blanks)", len(columns))
	}
	deleted := false
	if len(columns) == 3 {
		var err error
		if deleted, err = parseBool(columns[2]); err != nil {
			return err
		}
	}
	snap.sampled = true
	return snap.state(columns[0], version{columns[1], deleted})
}

// parseBool reads a truth value as databases print them.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "", "f", "false", "0", "no", "n", "null":
		return false, nil
	case "t", "true", "1", "yes", "y", "deleted":
		return true, nil
	}
	return false, fmt.Errorf("deleted is %q, want true or false", clip(text))
}

// split cuts a line into columns: at tabs, else at |, else at commas, else at blanks.
func split(line string) ([]string, error) {
	switch {
	case strings.Contains(line, "\t"):
		return trimmed(strings.Split(line, "\t")), nil
	case strings.Contains(line, "|"):
		return trimmed(strings.Split(line, "|")), nil
	case strings.Contains(line, ","):
		r := csv.NewReader(strings.NewReader(line))
		r.TrimLeadingSpace = true
		columns, err := r.Read()
		if err != nil {
			return nil, errors.New("the quotes of this CSV line do not match")
		}
		return trimmed(columns), nil
	}
	columns := strings.Fields(line)
	for i, c := range columns {
		if len(c) > 1 && c[0] == '"' && c[len(c)-1] == '"' {
			columns[i] = c[1 : len(c)-1]
		}
	}
	return columns, nil
}

func trimmed(columns []string) []string {
	for i := range columns {
		columns[i] = strings.TrimSpace(columns[i])
	}
	return columns
}
