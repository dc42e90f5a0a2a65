// Package explain says which known flaw an endpoint behaves like: it lets the flawed handlers
// of the zoo carry out the plan the endpoint got, in virtual time, and compares event by event.
//
// It never judges the endpoint: that was done before, and its guess changes no verdict. It never looks at how
// an endpoint is made, and says that no flaw fits rather than name the least bad one.
package explain
