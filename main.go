// Command hookonce proves whether a webhook endpoint processes every event exactly once.
package main

import (
	"embed"
	"os"

	"hookonce/cmd"
)

// fixtures are the events demo sends: it needs no files at hand.
//
//go:embed testdata/fixtures/stripe
var fixtures embed.FS

func main() { os.Exit(cmd.Main(fixtures)) }
