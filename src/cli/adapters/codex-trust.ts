// Whether Codex trusts a hook: it runs none whose exact definition its owner has not looked at (`/hooks` in Codex).
// Source: openai/codex, codex-rs/hooks/src/engine/discovery.rs (hook_key, command_hook_hash) and codex-rs/config/src/
// fingerprint.rs (version_for_toml): SHA-256 of the hook's definition as JSON with sorted keys.
import { createHash } from 'node:crypto'
import { parse } from 'smol-toml'
import { type Members, membersOf } from '../../base/shape/json-object.ts'
import { textOf } from './fields.ts'
import { ownEntries } from './settings.ts'

/** Codex's own default, which stands in the definition where a hook names no time. */
const TIMEOUT_SECONDS = 600
/** The event before a command, and how Codex writes it in its keys. */
const EVENT = 'PreToolUse'
const EVENT_KEY = 'pre_tool_use'

/**
 * Of Karo's hook before commands in `hooks`, the text of Codex's hooks.json at `path`. `config` is the text of its
 * config.toml, empty where there is none. `unknown`: a file is not in the form that this version knows.
 */
export function codexTrust(
  hooks: string,
  path: string,
  config: string,
): 'trusted' | 'untrusted' | 'disabled' | 'unknown' {
  try {
    const state = membersOf(membersOf((parse(config) as Members).hooks)?.state) ?? {}
    for (const { event, index, entry, hooks: ours } of ownEntries(hooks)) {
      const [first] = ours
      if (event !== EVENT || first === undefined) continue
      const matcher = textOf(membersOf(entry.json)?.matcher)
      const { hook } = first
      const known = membersOf(state[`${path}:${EVENT_KEY}:${index}:${first.at}`])
      if (known?.enabled === false) return 'disabled'
      return known?.trusted_hash === definitionHash(EVENT_KEY, matcher, hook) ? 'trusted' : 'untrusted'
    }
    return 'unknown'
  } catch {
    return 'unknown'
  }
}

/** What Codex remembers of a hook that it was told to trust. `event` as in its keys. */
export function definitionHash(event: string, matcher: string | undefined, hook: Members): string {
  const { command, timeout, statusMessage } = hook
  const handler = {
    async: false,
    command,
    ...(typeof statusMessage === 'string' && { statusMessage }),
    timeout: typeof timeout === 'number' ? Math.max(1, timeout) : TIMEOUT_SECONDS,
    type: 'command',
  }
  // The keys are in the order of their letters, here and above.
  const definition = { event_name: event, hooks: [handler], ...(matcher !== undefined && { matcher }) }
  return `sha256:${createHash('sha256').update(JSON.stringify(definition)).digest('hex')}`
}
