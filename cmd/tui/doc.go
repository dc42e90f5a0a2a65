// Package tui is the screen: one Bubble Tea model that shows a run while it goes on and after the fact. It is
// fed with the records of a journal and draws, on a ticker, what the audit and the report say of them.
//
// It never sends a delivery, never judges by itself and never writes a file: it asks the command that opened it.
// Whatever comes from outside is made safe where it is drawn, in one place.
package tui
