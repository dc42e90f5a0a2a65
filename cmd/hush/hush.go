// Package hush keeps the process from asking its terminal questions before a command was chosen.
//
// Bubble Tea v1 asks for the background colour when its package is initialised, whether a screen is ever shown or
// not, and waits up to five seconds for a terminal that does not answer. It asks no terminal that is called dumb, so
// that is what the terminal is called while packages are initialised. Go initialises packages whose imports are
// ready in the order of their paths; Bubble Tea imports os/signal, and this package, which imports os alone, sorts before
// that. A test with a terminal that never answers holds it.
//
// It never does anything after Restore.
package hush

import "os"

var term, known = quiet()

func quiet() (string, bool) {
	term, known := os.LookupEnv("TERM")
	_ = os.Setenv("TERM", "dumb") // it fails for names that are none
	return term, known
}

// Restore gives the terminal its name back. The first thing a process does is to call it.
func Restore() {
	if known {
		_ = os.Setenv("TERM", term)
		return
	}
	_ = os.Unsetenv("TERM")
}
