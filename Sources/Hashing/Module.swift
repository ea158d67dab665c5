// Holds: Digests, by OpenSSL.
// Not here: Nothing else.
// Note: Leaf: any target may import it.
