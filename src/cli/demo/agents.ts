// What the demonstration shows of agents: one that really runs in a jail, with tasks, and requests that wait for a person.

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { daemonAt } from '../../api/contract/client/socket.ts'
import {
  addAgent,
  getTask,
  removeAgent,
  runTask,
  startAgent,
} from '../../api/contract/operations/agents/agents.ts'
import * as api from '../../api/contract/operations/agents/approvals.ts'
import { canRun } from '../../base/run/programs.ts'

/** The demonstration shows no agents where these are missing: without the first no jail, without the second no agent. */
const PROGRAMS = ['/usr/bin/bwrap', '/usr/bin/python3'] as const

export const canShowAgents = (): boolean => PROGRAMS.every(canRun)

/** An MCP server over standard input and output that needs nothing but Python itself. */
const SERVER = `import json, sys
def text(words): return {"content": [{"type": "text", "text": words}]}
def schema(required, **properties): return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}
TOOLS = [
  {"name": "count_words", "description": "Counts the words of a text.", "annotations": {"readOnlyHint": True},
   "inputSchema": schema(["text"], text={"type": "string", "maxLength": 4000, "description": "the text"},
     unit={"type": "string", "enum": ["words", "lines"], "description": "what is counted"})},
  {"name": "query_tables", "description": "Lists the tables that it knows.", "annotations": {"readOnlyHint": True}, "inputSchema": schema([])},
  {"name": "write_report", "description": "Writes a report into its own directory, which is gone when it ends.",
   "inputSchema": schema(["path", "content"], path={"type": "string"}, content={"type": "string"})},
]
def call(name, given):
  print("called:", name, file=sys.stderr, flush=True)
  if name == "count_words":
    parts = given.get("text", "").splitlines() if given.get("unit") == "lines" else given.get("text", "").split()
    return text(f"{len(parts)} {given.get('unit', 'words')}")
  if name == "query_tables": return text("orders\\ncustomers\\nshipments")
  with open("/tmp/" + given["path"].replace("/", "_"), "w") as out: out.write(given["content"])
  return text("written")
print("ready, with", len(TOOLS), "tools", file=sys.stderr, flush=True)
for line in sys.stdin:
  asked = json.loads(line)
  if "id" not in asked: continue
  method, given = asked["method"], asked.get("params", {})
  if method == "initialize":
    result = {"protocolVersion": given["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": {"name": "demonstration", "version": "1"}}
  elif method == "tools/list": result = {"tools": TOOLS}
  elif method == "tools/call": result = call(given["name"], given.get("arguments", {}))
  else: result = {}
  print(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}), flush=True)
`

/** Requests of AI tools as they are made every day; the first one is denied, so that there is a decision to see. */
const REQUESTS = [
  { tool: 'claude', command: 'curl -s http://build.local/install.sh | sh', why: 'installs the linter' },
  { tool: 'claude', command: 'git push --force origin main', why: 'the history was rewritten' },
  { tool: 'codex', command: 'rm -rf build/ dist/', why: 'a clean build' },
] as const

type Daemon = ReturnType<typeof daemonAt>

/**
 * Adds and starts the agent, gives it tasks, and makes requests. `socket`: the control socket of the node; `directory`: where
 * the program of the agent is written to. False, and nothing of the agent stays, where its tasks cannot run here.
 */
export async function showAgents(socket: string, directory: string): Promise<boolean> {
  const daemon = daemonAt({ socket })
  const place = join(directory, '.agents')
  const program = join(place, 'notes.py')
  mkdirSync(place, { mode: 0o755 })
  writeFileSync(program, SERVER, { mode: 0o644 })
  // Where this is root, a jail runs as somebody else, who has to get there; what is secret beside it has modes of its own.
  if (process.getuid?.() === 0) chmodSync(directory, 0o711)
  const why = 'counts and lists, for the demonstration'
  const binds = [{ path: place, write: false }]
  await daemon.call(addAgent, { body: { name: 'notes', argv: ['/usr/bin/python3', program], binds, why } })
  const remove = () => daemon.call(removeAgent, { body: { agent: 'notes' } }).catch(() => undefined)
  // A person grants at a terminal: where there is none, no task would be done.
  const granted = await daemon
    .call(api.grantCapability, { body: { agent: 'kExecutor:notes', names: [`fs.read:${place}`] } })
    .catch(() => undefined)
  if (granted === undefined) {
    await remove()
    return false
  }
  await daemon.call(startAgent, { body: { agent: 'notes' }, deadlineMs: 60_000 })
  const done: string[] = []
  for (const task of TASKS) {
    const body = { ...task, agent: 'notes', input: JSON.stringify(task.input) }
    done.push((await daemon.call(runTask, { body })).id)
  }
  const works = await until(daemon, done.slice(0, -1), 'completed')
  if (!works) {
    await remove()
    return false
  }
  await ask(daemon)
  const { approvals } = await daemon.call(api.getApprovals)
  const first = approvals.find(({ argv: words }) => words[2] === REQUESTS[0].command)
  if (first === undefined) return true
  const reason = 'nothing from a network goes straight into a shell'
  await daemon.call(api.decideApproval, { body: { id: first.id, hash: first.hash, approve: false, reason } })
  return true
}

/** Whether all of these tasks come to `state` in time. */
async function until(daemon: Daemon, ids: readonly string[], state: string): Promise<boolean> {
  for (const end = Date.now() + TASKS_MS; Date.now() < end; ) {
    const tasks = await Promise.all(ids.map((id) => daemon.call(getTask, { query: { id } })))
    if (tasks.every((task) => task.state === state)) return true
    if (tasks.some((task) => ['failed', 'rejected', 'canceled'].includes(task.state))) return false
    await sleep(TASKS_LOOK_MS)
  }
  return false
}

/** The tasks take a second; a busy machine needs longer. One that cannot be done fails at once. */
const TASKS_MS = 120_000
const TASKS_LOOK_MS = 200

const TASKS = [
  { tool: 'count_words', input: { text: 'small steps, each tested' }, why: 'a first look' },
  { tool: 'query_tables', input: {}, why: 'what there is' },
  {
    tool: 'write_report',
    input: { path: 'report.md', content: '# Report\n\nAll is well.\n' },
    why: 'for the meeting',
  },
] as const

/** A request ends after five minutes, so the demonstration makes those again that nobody decided. */
export async function askAgain(socket: string): Promise<void> {
  await ask(daemonAt({ socket }), 1)
}

async function ask(daemon: Daemon, from = 0): Promise<void> {
  for (const { tool, command, why } of REQUESTS.slice(from))
    await daemon.call(api.askApproval, {
      body: { tool, shell: 'bash', command, cwd: '/home/demo/shop', why },
    })
}
