package replay

import "time"

// Sending is one delivery at the moment its bytes leave: what a provider says anew with each attempt
// (signature, time, retry number) is made of it.
type Sending struct {
	// Signature is how the delivery is signed.
	Signature Signature
	// Replica is the number of the address it is sent to; 0 where the endpoint has one address only.
	Replica int
	// Now is the wall clock: signatures are always of the moment, whatever the time scale.
	Now time.Time
	// Attempt names the attempt: what a provider calls an attempt's id is made of it. Anew says that a delivery
	// has another id than the event's other ones, though the provider's own retries would repeat it.
	Attempt string
	Anew    bool
	// Retry is how many attempts of the event came before; 0 for everything but a redelivery.
	Retry int
	// First is when the event was first sent, and Previous what became of the attempt before. Only a
	// redelivery has them.
	First    time.Time
	Previous Attempt
}
