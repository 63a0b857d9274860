// The door of the room of holdings: which members say that they have an artifact.

export { createHoldings, type Holdings } from './holdings.ts'
