// karo acp: stands between an editor and an agent that speak the Agent Client Protocol.
import { basename } from 'node:path'
import { judge } from '../../../assist/guard/judge.ts'
import { machineOf } from '../../../assist/guard/machine.ts'
import { quickGuard } from '../../../assist/guard/quick.ts'
import { systemTimers } from '../../../base/clock.ts'
import { toldGuard } from '../../judging.ts'
import { defineCommand, EXIT, placeOf, printable, quoteShell, usage } from '../../kit.ts'
import { watchInterrupt } from '../../terminal/interrupt.ts'

export const commands = [
  defineCommand('acp', {
    summary: 'run an ACP agent for an editor; its requests for permission can also be answered in the inbox',
    json: 'print errors at the start as JSON; the protocol is always JSON',
    args: {
      command: {
        variadic: true,
        description: 'the command of the agent behind --, such as gemini --acp',
      },
    },
    options: {
      name: {
        value: 'name',
        description: 'name of the agent in the inbox (default: the name of its program)',
      },
    },
    examples: {
      'karo acp -- gemini --acp': 'for the settings of the editor, as the command of an agent',
    },
    async run(io, { args, options }) {
      if (process.stdin.isTTY)
        throw usage(
          'karo acp is started by an editor, not at a prompt',
          'karo acp',
          'Name it as the command of an agent in the settings of your editor.',
        )
      const [{ createCalls }, { createInquiries }, { serveAcp }] = await Promise.all([
        import('../../acp/calls.ts'),
        import('../../acp/inquire.ts'),
        import('../../acp/serve.ts'),
      ])
      // Once, for its warnings; an editor runs for days, so the rules are read again for each judgement.
      await toldGuard(io)
      const place = placeOf(io)
      using interrupt = watchInterrupt()
      const ask = createInquiries({
        socket: io.socket,
        tool: nameOf(options.name, args.command),
        cwd: place.cwd ?? '/',
        timers: systemTimers,
        async guard() {
          const guard = await quickGuard(io)
          return {
            judge(command, cwd) {
              const at = { ...place, cwd }
              return judge(guard, command, { ...at, caller: 'tool', machine: machineOf(at, io.env, guard) })
            },
            strict: guard.onError === 'block',
          }
        },
        waits: (id) => io.err(`karo: request ${id} waits: karo approvals approve ${id}\n`),
      })
      try {
        const code = await serveAcp(
          args.command,
          { input: process.stdin, output: process.stdout },
          { ask, calls: createCalls(quoteShell), tell: (what) => io.err(`karo: ${printable(what)}\n`) },
          interrupt.signal,
        )
        return code === 0 ? EXIT.done : EXIT.failed
      } finally {
        // An open standard input would keep the process alive.
        process.stdin.destroy()
      }
    },
  }),
]

/** Throws KaroError `bad_request` for a name that the inbox does not take. */
function nameOf(given: string | undefined, [program = '']: readonly string[]): string {
  const own = basename(program)
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
  const name = given ?? own.replace(/^[^a-z]+/, '').slice(0, 32)
  if (/^[a-z][a-z0-9-]{0,31}$/.test(name)) return name
  throw usage(
    `'${name.slice(0, 40)}' is not a name for an agent`,
    '--name',
    'A name has lower-case letters, digits and -, and begins with a letter.',
  )
}
