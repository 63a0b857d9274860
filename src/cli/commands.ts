// Every command there is, in the order help shows them; each file is loaded only when its command runs.
import type { Command } from './command.ts'

interface CommandEntry {
  /** First word of the commands in that file. */
  readonly name: string
  readonly load: () => Promise<readonly Command[]>
}

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'up', load: async () => (await import('./commands/up.ts')).up },
  { name: 'init', load: async () => (await import('./commands/init.ts')).init },
  { name: 'status', load: async () => (await import('./commands/status.ts')).status },
  { name: 'shell', load: async () => (await import('./commands/shell.ts')).shell },
  { name: 'history', load: async () => (await import('./commands/history.ts')).history },
  { name: 'stats', load: async () => (await import('./commands/stats.ts')).stats },
  { name: 'check', load: async () => (await import('./commands/check.ts')).check },
  { name: 'peers', load: async () => (await import('./commands/peers.ts')).peers },
  { name: 'share', load: async () => (await import('./commands/share.ts')).share },
  { name: 'query', load: async () => (await import('./commands/query.ts')).query },
  { name: 'audit', load: async () => (await import('./commands/audit.ts')).audit },
  { name: 'identity', load: async () => (await import('./commands/identity.ts')).identity },
  { name: 'config', load: async () => (await import('./commands/config.ts')).config },
]
