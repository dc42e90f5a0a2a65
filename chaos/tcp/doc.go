// Package tcp stands between an endpoint and a server of any protocol, such as its database. It passes bytes on as they are, counts the requests of the
// delivery under way, and strikes one of them: it delays it, cuts the connection in its midst, or lets it through and cuts the
// connection instead of passing the reply on.
//
// It knows no protocol. A request is what a client sends until the server says something; whose it is nobody can tell, so a fault is in place for
// the time of one delivery, with nothing else under way. It never changes a byte, and encryption does not disturb it.
package tcp
