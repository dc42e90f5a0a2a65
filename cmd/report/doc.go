// Package report renders the outcome of a run: as text and as a page of HTML for people, as JSON, as
// JUnit XML for CI, as Markdown for a job's summary page and as annotations of a GitHub job.
//
// New turns a journal and its verdict into a Report; every format is a function
// of that Report alone, so that all of them show the same figures. The package never judges,
// never reads a file or an environment variable, never asks the terminal anything, and never
// lets a byte from outside through that a terminal, a browser, an XML parser or a Markdown renderer would obey.
package report
