// The door of the feed room: keeps events of the node for a while and hands them to the people who may see them.
export { createFeed, type Feed, type Follower } from './feed.ts'
export { connectFeed } from './sources.ts'
