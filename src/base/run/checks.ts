// Names of all health checks, for callers that may only show constants of the program.

/** `room.what`, as in the `health()` of the rooms. */
export const HEALTH_CHECKS = [
  'store.open',
  'store.writable',
  'audit.writable',
  'observe.spool',
  'observe.files',
  'mesh.listening',
  'http.listening',
  'agents.muscle',
] as const
