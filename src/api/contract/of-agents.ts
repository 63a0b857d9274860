// What operations about agents and about what a person keeps for them have in common.

/** Operations about what is the caller's alone, by the control socket alone. */
export const own = { access: 'person', via: 'socket', tag: 'agents' } as const
/** Errors that an operation has where it is asked of another machine, besides its own. */
export const AFAR = ['refused', 'unavailable', 'not_found', 'rate_limited'] as const
