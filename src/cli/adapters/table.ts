// Every tool that Karo has an adapter for.
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
