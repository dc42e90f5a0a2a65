// Package serve puts a handler behind HTTP: POST /webhook takes deliveries, GET /effects and
// GET /state tell what came of them.
//
// It goes on working when the client has hung up, because most endpoints do. It never
// sends anything but a charge to the downstream it was given, and knows no provider: how to verify
// and to identify a delivery is told to it.
package serve
