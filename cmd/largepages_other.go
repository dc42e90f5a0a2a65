//go:build !linux

package cmd

// largePages is for Linux only, which has to be asked.
func largePages() {}
