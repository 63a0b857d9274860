// What operations about agents and about what a person keeps for them have in common.

/** Of the caller alone, and by the control socket. */
export const own = { access: 'person', via: 'socket', tag: 'agents' } as const
/** What only another machine can make of a request, besides what the operation names. */
export const AFAR = ['refused', 'unavailable', 'not_found', 'rate_limited'] as const
