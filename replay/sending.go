package replay

import "time"

// Sending is one delivery at the moment its bytes leave: what a provider says anew with each attempt
// (signature, time, retry number) is made of it.
type Sending struct {
	// Signature is how the delivery is signed.
	Signature Signature
	// Now is the wall clock: signatures are always of the moment, whatever the time scale.
	Now time.Time
	// Retry is how many attempts of the event came before; 0 for everything but a redelivery.
	Retry int
	// First is when the event was first sent, and Previous what became of the attempt before. Only a
	// redelivery has them.
	First    time.Time
	Previous Attempt
}
