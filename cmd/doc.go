// Package cmd is the command line: one file per command, which parses its flags
// and wires the packages that do the work. It decides nothing about endpoints.
package cmd
