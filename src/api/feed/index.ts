// The feed room's door: what happens on the node, kept for a while, and told to whoever may see it.

export { createFeed } from './feed.ts'
export { connectFeed } from './sources.ts'
export type * from './types.ts'
