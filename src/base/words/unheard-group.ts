// The address of the socket that sends mDNS packets: the mesh binds it, and the doctor knows it again.

/**
 * A multicast group that nobody sends to (RFC 2365, section 6.2). Joining it keeps a socket that is bound to all
 * addresses from receiving a second copy of every mDNS packet, which another socket of the daemon gets already (ip(7),
 * IP_MULTICAST_ALL).
 */
export const UNHEARD_GROUP = '239.192.53.53'
