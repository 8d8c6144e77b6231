// Package explain turns the events of package event into text for people and JSON for programs.
//
// [Text] tells a handshake as it happens: in brief, in full as the thirteen steps, or with every byte named.
// [JSON] writes one object per event. Both are tracers and serve any number of connections at once; a tracer that
// sees both ends of a connection tells one story of the two. [Error] explains a failure, [Dump] a message.
//
// What a peer chose to say (names, protocols, certificates) never reaches a terminal raw: control characters and
// broken UTF-8 are escaped.
package explain
