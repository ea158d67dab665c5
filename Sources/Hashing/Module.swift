// Holds: Digests, by OpenSSL.
// Not here: Nothing else.
// Note: Base: any target may import it.
