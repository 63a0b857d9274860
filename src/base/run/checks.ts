// Every health check there is by name, for those who may show nothing that is not a constant of the program.

/** `room.what`, as rooms tell them in `health()`. */
export const HEALTH_CHECKS = [
  'store.open',
  'store.writable',
  'audit.writable',
  'observe.spool',
  'observe.files',
  'mesh.listening',
  'http.listening',
] as const
