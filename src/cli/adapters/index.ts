// The adapters' door: AI coding tools' hooks in, the guard's answer out, and what ran into the spool.
export { ADAPTER_NAMES, type Adapter, type AdapterName, type HookSettings, type Reply } from './adapter.ts'
export { answerCall, type Confirmable } from './call.ts'
export { leaveInSpool } from './spool.ts'
export { ADAPTERS } from './table.ts'
export { reasonOf } from './verdict-reply.ts'
