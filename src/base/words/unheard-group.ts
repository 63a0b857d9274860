// The address of the socket that sends mDNS packets: the mesh binds it, and the doctor knows it again.

/**
 * A group that nobody sends to (of RFC 2365, section 6.2). A socket that is bound to all addresses would be handed each packet of the
 * mDNS group as well, which another socket of the daemon gets already (ip(7), IP_MULTICAST_ALL).
 */
export const UNHEARD_GROUP = '239.192.53.53'
