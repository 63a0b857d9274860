// What the page knows: the session, its answers, what happens on the node, and where the person is.
export * from './asked.ts'
export * from './inbox.ts'
export * from './keys.ts'
export * from './live.ts'
export * from './preferences.ts'
export * from './route.ts'
export * from './session.ts'
