// Every command there is, in the order help shows them; each file is loaded only when its command runs.
import type { CommandEntry } from './command.ts'
// Loaded with the program: as short as it is, a module load of its own would be a tenth of its time.
import { status } from './commands/node/status.ts'

export const COMMANDS: readonly CommandEntry[] = [
  { name: 'up', group: 'node', load: async () => (await import('./commands/node/up.ts')).up },
  { name: 'init', group: 'node', load: async () => (await import('./commands/node/init.ts')).init },
  { name: 'status', group: 'node', load: async () => status },
  { name: 'doctor', group: 'node', load: async () => (await import('./commands/node/doctor.ts')).doctor },
  { name: 'events', group: 'node', load: async () => (await import('./commands/node/events.ts')).events },
  {
    name: 'shell',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/shell.ts')).shell,
  },
  {
    name: 'history',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/history.ts')).history,
  },
  {
    name: 'completion',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/completion.ts')).completion(COMMANDS),
  },
  {
    name: 'export',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/export.ts')).exporting,
  },
  {
    name: 'import',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/import.ts')).importing,
  },
  {
    name: 'processes',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/processes.ts')).processes,
  },
  {
    name: 'stats',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/stats.ts')).stats,
  },
  {
    name: 'anomalies',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/anomalies.ts')).anomalies,
  },
  {
    name: 'check',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/check.ts')).check,
  },
  {
    name: 'guard',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/guard.ts')).guard,
  },
  {
    name: 'explain',
    group: 'terminal',
    load: async () => (await import('./commands/terminal/explain.ts')).explain,
  },
  { name: 'ask', group: 'terminal', load: async () => (await import('./commands/terminal/ask.ts')).ask },
  { name: 'hook', group: 'terminal', load: async () => (await import('./commands/terminal/hook.ts')).hook },
  { name: 'mcp', group: 'terminal', load: async () => (await import('./commands/terminal/mcp.ts')).mcp },
  { name: 'peers', group: 'mesh', load: async () => (await import('./commands/mesh/peers.ts')).peers },
  { name: 'ca', group: 'mesh', load: async () => (await import('./commands/mesh/ca.ts')).ca },
  { name: 'invite', group: 'mesh', load: async () => (await import('./commands/mesh/invite.ts')).invite },
  { name: 'join', group: 'mesh', load: async () => (await import('./commands/mesh/join.ts')).join },
  { name: 'share', group: 'mesh', load: async () => (await import('./commands/mesh/share.ts')).share },
  { name: 'query', group: 'mesh', load: async () => (await import('./commands/mesh/query.ts')).query },
  { name: 'audit', group: 'mesh', load: async () => (await import('./commands/mesh/audit.ts')).audit },
  { name: 'logs', group: 'node', load: async () => (await import('./commands/node/logs.ts')).logs },
  {
    name: 'report-problem',
    group: 'node',
    load: async () => (await import('./commands/node/report-problem.ts')).reportProblem,
  },
  {
    name: 'identity',
    group: 'node',
    load: async () => (await import('./commands/node/identity.ts')).identity,
  },
  { name: 'backup', group: 'node', load: async () => (await import('./commands/node/backup.ts')).backup },
  { name: 'restore', group: 'node', load: async () => (await import('./commands/node/restore.ts')).restore },
  { name: 'token', group: 'node', load: async () => (await import('./commands/node/token.ts')).token },
  { name: 'config', group: 'node', load: async () => (await import('./commands/node/config.ts')).config },
]
