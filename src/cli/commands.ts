// Every command there is, in the order help shows them; a file is loaded only when one of its commands runs.
// Written by `npm run docs` from the files in commands/<group>/<first word>.ts. Only the order of rows is made by hand.
import type { Command, CommandEntry } from './command.ts'

type Load = () => Promise<{ readonly commands: readonly Command[] }>

const FILES: Readonly<Record<CommandEntry['group'], Readonly<Record<string, Load>>>> = {
  node: {
    up: () => import('./commands/node/up.ts'),
    init: () => import('./commands/node/init.ts'),
    dashboard: () => import('./commands/node/dashboard.ts'),
    status: () => import('./commands/node/status.ts'),
    doctor: () => import('./commands/node/doctor.ts'),
    events: () => import('./commands/node/events.ts'),
    logs: () => import('./commands/node/logs.ts'),
    'report-problem': () => import('./commands/node/report-problem.ts'),
    identity: () => import('./commands/node/identity.ts'),
    backup: () => import('./commands/node/backup.ts'),
    restore: () => import('./commands/node/restore.ts'),
    token: () => import('./commands/node/token.ts'),
    config: () => import('./commands/node/config.ts'),
    people: () => import('./commands/node/people.ts'),
    cap: () => import('./commands/node/cap.ts'),
    service: () => import('./commands/node/service.ts'),
    stop: () => import('./commands/node/stop.ts'),
    version: () => import('./commands/node/version.ts'),
  },
  terminal: {
    shell: () => import('./commands/terminal/shell.ts'),
    history: () => import('./commands/terminal/history.ts'),
    completion: () => import('./commands/terminal/completion.ts'),
    export: () => import('./commands/terminal/export.ts'),
    import: () => import('./commands/terminal/import.ts'),
    processes: () => import('./commands/terminal/processes.ts'),
    stats: () => import('./commands/terminal/stats.ts'),
    anomalies: () => import('./commands/terminal/anomalies.ts'),
    check: () => import('./commands/terminal/check.ts'),
    guard: () => import('./commands/terminal/guard.ts'),
    explain: () => import('./commands/terminal/explain.ts'),
    ask: () => import('./commands/terminal/ask.ts'),
    hook: () => import('./commands/terminal/hook.ts'),
    mcp: () => import('./commands/terminal/mcp.ts'),
    approvals: () => import('./commands/terminal/approvals.ts'),
    knowledge: () => import('./commands/terminal/knowledge.ts'),
    acp: () => import('./commands/terminal/acp.ts'),
    fix: () => import('./commands/terminal/fix.ts'),
    run: () => import('./commands/terminal/run.ts'),
  },
  agents: {
    agent: () => import('./commands/agents/agent.ts'),
    secret: () => import('./commands/agents/secret.ts'),
    artifact: () => import('./commands/agents/artifact.ts'),
    task: () => import('./commands/agents/task.ts'),
    memory: () => import('./commands/agents/memory.ts'),
    model: () => import('./commands/agents/model.ts'),
    plan: () => import('./commands/agents/plan.ts'),
    prompt: () => import('./commands/agents/prompt.ts'),
  },
  mesh: {
    peers: () => import('./commands/mesh/peers.ts'),
    ca: () => import('./commands/mesh/ca.ts'),
    invite: () => import('./commands/mesh/invite.ts'),
    join: () => import('./commands/mesh/join.ts'),
    share: () => import('./commands/mesh/share.ts'),
    policy: () => import('./commands/mesh/policy.ts'),
    query: () => import('./commands/mesh/query.ts'),
    report: () => import('./commands/mesh/report.ts'),
    audit: () => import('./commands/mesh/audit.ts'),
    login: () => import('./commands/mesh/login.ts'),
    logout: () => import('./commands/mesh/logout.ts'),
    operator: () => import('./commands/mesh/operator.ts'),
    demo: () => import('./commands/mesh/demo.ts'),
    whoami: () => import('./commands/mesh/whoami.ts'),
    fleet: () => import('./commands/mesh/fleet.ts'),
  },
}

export const COMMANDS: readonly CommandEntry[] = Object.entries(FILES).flatMap(([group, files]) =>
  Object.entries(files).map(([name, load]) => ({
    name,
    group: group as CommandEntry['group'],
    load: async () => (await load()).commands,
  })),
)
