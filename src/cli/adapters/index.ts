// The adapters' door: AI coding tools' hooks in, the guard's answer out, and what ran into the spool.
export { ADAPTER_NAMES, type Adapter, type AdapterName, type HookSettings, type Reply } from './adapter.ts'
export { answerCall, type Confirmable, type HookInput, reasonOf } from './call.ts'
export { leaveInSpool } from './spool.ts'

import type { Adapter, AdapterName } from './adapter.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { copilot } from './copilot.ts'
import { cursor } from './cursor.ts'
import { gemini } from './gemini.ts'
import { generic } from './generic.ts'
import { opencode } from './opencode.ts'

export const ADAPTERS: Readonly<Record<AdapterName, Adapter>> = {
  claude,
  codex,
  copilot,
  cursor,
  gemini,
  opencode,
  generic,
}
