// Package record is a recording reverse proxy: what arrives is forwarded to an endpoint, byte for byte, and
// written down as fixtures, in the order in which it arrived.
//
// Secrets, card numbers, e-mail addresses and names are replaced before they are written, unless asked
// otherwise. A webhook is answered when it is written, so that a kill -9 costs at most those in flight; the disk is
// told to keep it (fsync) once a second. It never holds a webhook back because it cannot be written,
// never answers in the endpoint's stead (unless asked to acknowledge first), and never sends anything of its own.
package record
