// The store room's door: one Level database, one repository per keyspace group; it stores and decides nothing.

export { NEWEST_SCHEMA } from './rescue/migrations.ts'
export { type EarlierDatabase, isDiskTrouble, openStore, type Store } from './store.ts'
