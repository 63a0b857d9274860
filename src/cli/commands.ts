// Every command there is, in the order help shows them; a file is loaded only when one of its commands runs.
// Written by `npm run docs` from the files in commands/<group>/<first word>.ts. Only the order of rows is made by hand.
import type { Command, CommandEntry } from './command.ts'

const row = (
  group: CommandEntry['group'],
  name: string,
  load: () => Promise<{ readonly commands: readonly Command[] }>,
): CommandEntry => ({ name, group, load: async () => (await load()).commands })

export const COMMANDS: readonly CommandEntry[] = [
  row('node', 'up', () => import('./commands/node/up.ts')),
  row('node', 'init', () => import('./commands/node/init.ts')),
  row('node', 'status', () => import('./commands/node/status.ts')),
  row('node', 'doctor', () => import('./commands/node/doctor.ts')),
  row('node', 'events', () => import('./commands/node/events.ts')),
  row('node', 'logs', () => import('./commands/node/logs.ts')),
  row('node', 'report-problem', () => import('./commands/node/report-problem.ts')),
  row('node', 'identity', () => import('./commands/node/identity.ts')),
  row('node', 'backup', () => import('./commands/node/backup.ts')),
  row('node', 'restore', () => import('./commands/node/restore.ts')),
  row('node', 'token', () => import('./commands/node/token.ts')),
  row('node', 'config', () => import('./commands/node/config.ts')),
  row('node', 'people', () => import('./commands/node/people.ts')),
  row('terminal', 'shell', () => import('./commands/terminal/shell.ts')),
  row('terminal', 'history', () => import('./commands/terminal/history.ts')),
  row('terminal', 'completion', () => import('./commands/terminal/completion.ts')),
  row('terminal', 'export', () => import('./commands/terminal/export.ts')),
  row('terminal', 'import', () => import('./commands/terminal/import.ts')),
  row('terminal', 'processes', () => import('./commands/terminal/processes.ts')),
  row('terminal', 'stats', () => import('./commands/terminal/stats.ts')),
  row('terminal', 'anomalies', () => import('./commands/terminal/anomalies.ts')),
  row('terminal', 'check', () => import('./commands/terminal/check.ts')),
  row('terminal', 'guard', () => import('./commands/terminal/guard.ts')),
  row('terminal', 'explain', () => import('./commands/terminal/explain.ts')),
  row('terminal', 'ask', () => import('./commands/terminal/ask.ts')),
  row('terminal', 'hook', () => import('./commands/terminal/hook.ts')),
  row('terminal', 'mcp', () => import('./commands/terminal/mcp.ts')),
  row('mesh', 'peers', () => import('./commands/mesh/peers.ts')),
  row('mesh', 'ca', () => import('./commands/mesh/ca.ts')),
  row('mesh', 'invite', () => import('./commands/mesh/invite.ts')),
  row('mesh', 'join', () => import('./commands/mesh/join.ts')),
  row('mesh', 'share', () => import('./commands/mesh/share.ts')),
  row('mesh', 'policy', () => import('./commands/mesh/policy.ts')),
  row('mesh', 'query', () => import('./commands/mesh/query.ts')),
  row('mesh', 'audit', () => import('./commands/mesh/audit.ts')),
]
