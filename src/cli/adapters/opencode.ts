// OpenCode: a plugin, because OpenCode has no hooks that are programs. The plugin hands each call of the bash tool, and
// each of a tool that may change or show files, to `karo hook opencode`, throws where the answer is a denial, which blocks the call, and tells what ran with its exit code.
// Source: anomalyco/opencode, packages/plugin/src/index.ts (tool.execute.before and .after) and
// packages/opencode/src/tool/bash.ts (`metadata.exit`). OpenCode calls no hook of a plugin that could ask the person.
import { BadCall, toolAdapter } from './adapter.ts'
import { generic } from './generic.ts'

export const opencode = toolAdapter('opencode', {
  asks: false,
  // The plugin is Karo's own, so it speaks Karo's own contract, and always says which event it is about.
  read(call) {
    if (call.event === undefined) throw new BadCall('the call names no event')
    return generic.read(call)
  },
  ran: generic.ran,
  answer: ({ decision, reason }) => ({ decision, reason }),
  settings: {
    entries: () => ({}),
    plugin: pluginOf,
    afterwards: 'OpenCode loads the plugin when it starts. Restart open sessions to load it.',
  },
})

/** The text of the plugin; `line` is what it hands to a shell. Exit code 2 of the line denies, as in the hooks of other tools, and of a strict line each code but 0. */
function pluginOf(line: string): string {
  return `import { spawn } from 'node:child_process'
import { resolve } from 'node:path'

const LINE = ${JSON.stringify(line)}
/** guard.on_error was "block" at the installation: what was not judged does not run. */
const STRICT = LINE.includes('|| exit 2')

/** Hands the call to Karo; resolves with its exit code and what it said. */
const karo = (call) =>
  new Promise((done) => {
    const child = spawn('/bin/sh', ['-c', LINE], { stdio: ['pipe', 'pipe', 'ignore'] })
    let said = ''
    child.stdout.on('data', (data) => (said += data))
    child.on('error', () => done({ code: null, said: '' }))
    child.on('close', (code) => done({ code, said }))
    child.stdin.on('error', () => {})
    child.stdin.end(JSON.stringify(call))
  })

/** Tools of OpenCode's own that change no file and show none. */
const READERS = new Set('glob list ls lsp webfetch websearch codesearch todowrite todoread task question skill invalid'.split(' '))

export const Karo = async ({ directory }) => {
  /** Calls that run, by their id: what ran, and since when (ms). */
  const running = new Map()
  const callOf = ({ command, workdir }) => ({ command, cwd: workdir ? resolve(directory, workdir) : directory })
  return {
    'tool.execute.before': async ({ tool, callID }, { args }) => {
      if (READERS.has(tool)) return
      const call = tool === 'bash' ? callOf(args) : { tool, args, cwd: directory }
      const { code, said } = await karo({ event: 'before', ...call })
      const { decision, reason } = said.trim() ? JSON.parse(said) : {}
      if (decision === 'deny' || decision === 'ask') throw new Error(reason)
      if (STRICT ? code !== 0 : code === 2) throw new Error('Karo could not judge this call, and guard.on_error is "block".')
      if (tool === 'bash') running.set(callID, { call, since: Date.now() })
    },
    'tool.execute.after': async ({ tool, callID }, { metadata }) => {
      const ran = running.get(callID)
      running.delete(callID)
      if (tool !== 'bash' || ran === undefined) return
      const exit = metadata?.exit
      const ended = { exit_code: Number.isInteger(exit) ? exit : null, duration_ms: Date.now() - ran.since }
      await karo({ event: 'after', ...ran.call, ...ended })
    },
  }
}
`
}
