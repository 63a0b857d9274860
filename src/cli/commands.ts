// Every command there is, in the order help shows them; each file is loaded only when its command runs.
import type { Command } from './command.ts'
// Loaded with the program: as short as it is, a module load of its own would be a tenth of its time.
import { status } from './commands/status.ts'

/** Headings of `karo help`, in its order. */
export const COMMAND_GROUPS = {
  node: 'This node',
  terminal: 'Your terminal',
  mesh: 'The mesh',
} as const

export interface CommandEntry {
  /** First word of the commands in that file. */
  readonly name: string
  readonly group: keyof typeof COMMAND_GROUPS
  readonly load: () => Promise<readonly Command[]>
}

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'up', group: 'node', load: async () => (await import('./commands/up.ts')).up },
  { name: 'init', group: 'node', load: async () => (await import('./commands/init.ts')).init },
  { name: 'status', group: 'node', load: async () => status },
  { name: 'doctor', group: 'node', load: async () => (await import('./commands/doctor.ts')).doctor },
  { name: 'events', group: 'node', load: async () => (await import('./commands/events.ts')).events },
  { name: 'shell', group: 'terminal', load: async () => (await import('./commands/shell.ts')).shell },
  { name: 'history', group: 'terminal', load: async () => (await import('./commands/history.ts')).history },
  {
    name: 'completion',
    group: 'terminal',
    load: async () => (await import('./commands/completion.ts')).completion,
  },
  { name: 'export', group: 'terminal', load: async () => (await import('./commands/export.ts')).exporting },
  { name: 'import', group: 'terminal', load: async () => (await import('./commands/import.ts')).importing },
  {
    name: 'processes',
    group: 'terminal',
    load: async () => (await import('./commands/processes.ts')).processes,
  },
  { name: 'stats', group: 'terminal', load: async () => (await import('./commands/stats.ts')).stats },
  {
    name: 'anomalies',
    group: 'terminal',
    load: async () => (await import('./commands/anomalies.ts')).anomalies,
  },
  { name: 'check', group: 'terminal', load: async () => (await import('./commands/check.ts')).check },
  { name: 'guard', group: 'terminal', load: async () => (await import('./commands/guard.ts')).guard },
  { name: 'explain', group: 'terminal', load: async () => (await import('./commands/explain.ts')).explain },
  { name: 'ask', group: 'terminal', load: async () => (await import('./commands/ask.ts')).ask },
  { name: 'hook', group: 'terminal', load: async () => (await import('./commands/hook.ts')).hook },
  { name: 'mcp', group: 'terminal', load: async () => (await import('./commands/mcp.ts')).mcp },
  { name: 'peers', group: 'mesh', load: async () => (await import('./commands/peers.ts')).peers },
  { name: 'share', group: 'mesh', load: async () => (await import('./commands/share.ts')).share },
  { name: 'query', group: 'mesh', load: async () => (await import('./commands/query.ts')).query },
  { name: 'audit', group: 'mesh', load: async () => (await import('./commands/audit.ts')).audit },
  { name: 'logs', group: 'node', load: async () => (await import('./commands/logs.ts')).logs },
  {
    name: 'report-problem',
    group: 'node',
    load: async () => (await import('./commands/report-problem.ts')).reportProblem,
  },
  { name: 'identity', group: 'node', load: async () => (await import('./commands/identity.ts')).identity },
  { name: 'backup', group: 'node', load: async () => (await import('./commands/backup.ts')).backup },
  { name: 'restore', group: 'node', load: async () => (await import('./commands/restore.ts')).restore },
  { name: 'token', group: 'node', load: async () => (await import('./commands/token.ts')).token },
  { name: 'config', group: 'node', load: async () => (await import('./commands/config.ts')).config },
]
