// karo demo: a whole organisation on this machine, to ask from each role; it leaves nothing behind.
import { join } from 'node:path'
import { AGGREGATORS, MACHINES } from '../../demo/machines.ts'
import { type Stage, startStage } from '../../demo/stage.ts'
import { defineCommand, KaroError, show, table, UNBOUNDED } from '../../kit.ts'

export const commands = [
  defineCommand('demo', {
    summary: 'run eight nodes with roles, totals and three weeks of made-up history here, until Ctrl-C',
    json: 'one line when the nodes are ready: {"nodes": [{"name", "home", "roles"}], "http"}; each home works as KARO_HOME',
    async run(io) {
      const wish = untilTold()
      try {
        const stage = await startStage({
          program: [process.execPath, process.argv[1] as string],
          env: io.env,
          now: Date.now(),
          signal: wish.signal,
          say: (step) => io.err(`${step} …\n`),
        })
        const { nodes, http } = stage
        show(io, { nodes, http }, () => introduction(stage))
        const gone = await Promise.race([stage.lost, wish.stopped])
        await stage.end()
        if (gone !== undefined && !wish.signal.aborted)
          throw new KaroError('unavailable', `the node ${gone} ended by itself`)
        if (!io.json) io.out('The nodes have ended, and their directory is removed.\n')
        return
      } catch (error) {
        if (wish.signal.aborted) return
        throw error
      } finally {
        wish.release()
      }
    },
  }),
]

/** Ctrl-C, an end by another process, or a closed window. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Ends at the first wish, and stays deaf to others until all nodes have ended: they and their keys must not be left behind. */
function untilTold() {
  const wish = new AbortController()
  const { promise: stopped, resolve } = Promise.withResolvers<undefined>()
  const told = (): void => {
    wish.abort()
    resolve(undefined)
  }
  for (const name of ENDINGS) process.on(name, told)
  return {
    signal: wish.signal,
    stopped,
    release() {
      for (const name of ENDINGS) process.off(name, told)
    },
  }
}

function introduction({ directory, hasAgents }: Stage): string {
  const machines = table(UNBOUNDED, MACHINES, {
    NODE: 'name',
    ROLE: 'roles',
    TEAM: 'teams',
    'WHAT IT IS FOR': 'purpose',
  })
  const ciso = join(directory, 'ciso')
  return `
${machines}
Each name is a program in ${directory} that runs karo on that node. In another terminal, as security staff:

  ${ciso} query tools --last 7d      which tools the organisation uses
  ${ciso} query safety --last 7d     how risky its commands are
  ${ciso} report --last 8d           what changed, in one report; report thresholds says what is too much
  ${ciso} query activity --last 7d   when it works
  ${ciso} dashboard                  the same as a page in your browser; each node has one

As the lead of the team web, who sees the numbers of its machines:

  ${join(directory, 'lead')} query tools --team web --per-node

  ${join(directory, 'lead')} dashboard                  its page${hasAgents ? ', with an agent at work and requests that wait for you' : ''}

${AGGREGATORS.join(' and ')} add totals up without seeing anybody's numbers: ${join(directory, 'web-1')} audit who-asked
Everything is on loopback. Ctrl-C ends the nodes and removes the directory.
`
}
