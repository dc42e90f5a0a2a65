package redisstore

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// tag is what the keys of one subject share, so that a Cluster keeps them in
// one slot. An event without a subject is tagged by its own id: otherwise all of them would share
// one hot slot. The parts are length-prefixed, so that no two pairs make one text, and hashed, so that
// foreign braces cannot move the tag.
func tag(source, subject, event string) string {
	kind, name := "s", subject
	if subject == "" {
		kind, name = "e", event
	}
	sum := sha256.Sum256([]byte(kind + strconv.Itoa(len(source)) + ":" + source + name))
	return hex.EncodeToString(sum[:])
}

// eventKeys are the keys of an event and of its subject.
func eventKeys(source, subject, event string) []string {
	t := "wh:{" + tag(source, subject, event) + "}"
	return []string{t + ":e:" + printable(event), t + ":o"}
}

// subjectKeys are the keys of a subject.
func subjectKeys(source, subject string) []string {
	return []string{"wh:{" + tag(source, subject, "") + "}:o"}
}

// printable keeps an ordinary id as it is, to be found in a terminal, and hashes any other. The
// mark before the hash is no ordinary character, so that the two cannot meet.
func printable(id string) string {
	if len(id) <= 64 && strings.IndexFunc(id, foreign) < 0 {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "#" + hex.EncodeToString(sum[:])
}

func foreign(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-', r == '.', r == ':':
		return false
	}
	return true
}
