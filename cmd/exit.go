package cmd

import (
	"errors"
	"fmt"
	"strings"

	"hookonce/dedupe/audit"
)

// The exit codes.
const (
	exitPass         = 0
	exitViolations   = 1
	exitUsage        = 2
	exitInconclusive = 3
	exitCannot       = 4 // the run could not be carried out
)

// maxExitCode is the greatest that a process can end with: of a greater one the system would keep the last byte, which may be 0, a pass.
const maxExitCode = 255

// usageError is a mistake of the caller: bad flags, bad input.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usagef(format string, a ...any) error { return &usageError{fmt.Errorf(format, a...)} }

// verdictError carries a verdict other than pass. It is not printed: the report says it.
type verdictError struct{ code int }

func (e *verdictError) Error() string { return fmt.Sprintf("verdict with exit code %d", e.code) }

func exitCode(err error) int {
	var usage *usageError
	var verdict *verdictError
	switch {
	case err == nil:
		return exitPass
	case errors.As(err, &verdict):
		return verdict.code
	case errors.As(err, &usage), strings.HasPrefix(err.Error(), "unknown command"):
		return exitUsage
	}
	return exitCannot
}

// verdictCode is the exit code of a verdict.
func verdictCode(s audit.Status, inconclusiveAs int) error {
	switch s {
	case audit.Pass:
		return nil
	case audit.Fail:
		return &verdictError{exitViolations}
	}
	if inconclusiveAs == exitPass {
		return nil
	}
	return &verdictError{inconclusiveAs}
}

// oneLine keeps an error to the one line that people read.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(s, "\n", " ")), " ")
}
