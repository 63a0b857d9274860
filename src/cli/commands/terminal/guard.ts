// karo guard: what is in force, rules of one's own, and what the shells ask.
import { KaroError } from '../../../base/errors.ts'
import { GUARD_SHELLS } from '../../../observe/hooks/guard/guard.ts'
import { type Command, type CommandInput, type CommandIo, defineCommand } from '../../command.ts'

const status = defineCommand({
  name: 'guard',
  summary: 'what the guard blocks and asks about here: profile, rules files, what it did lately',
  examples: [
    { run: 'karo guard', does: 'the profile, where it comes from, and your rules files' },
    { run: 'export KARO_GUARD_PROFILE=strict', does: 'another profile in this shell' },
  ],
  run: async (io) => (await import('../../guard/status.ts')).showGuard(io),
})

const list = defineCommand({
  name: 'guard list',
  summary: 'the rules of your rules file and of the machine',
  examples: [{ run: 'karo guard list', does: 'each with the number that remove takes' }],
  run: async (io) => (await import('../../guard/rules.ts')).listRules(io),
})

const cwd = {
  name: 'cwd',
  value: 'dir',
  description: 'only there and below; or a glob',
  completes: 'directory',
} as const

const allow = defineCommand({
  name: 'guard allow',
  summary: 'accept what a rule finds; never the catastrophic core',
  args: [
    {
      name: 'rule',
      required: true,
      description: 'id of the rule, as karo check shows it',
      completes: 'risk-rule',
    },
  ],
  options: [
    { name: 'command', value: 'glob', description: 'only in commands like this: "git push --force * wip/*"' },
    cwd,
    { name: 'for', value: 'duration', description: 'how long: 10m, 2h, 7d (default: for good)' },
  ],
  examples: [
    { run: 'karo guard allow git-force-push --for 2h', does: 'for the next two hours' },
    { run: "karo guard allow git-force-push --command 'git push --force * wip/*'", does: 'to some branches' },
  ],
  run: async (io, input) => (await import('../../guard/rules.ts')).allowRule(io, input),
})

const deny = defineCommand({
  name: 'guard deny',
  summary: 'never run commands like this one, also behind sudo, env and the like',
  args: [
    { name: 'command', required: true, description: 'glob over the words of one command: "kubectl delete*"' },
  ],
  options: [
    cwd,
    { name: 'why', value: 'text', description: 'what the guard says about it' },
    { name: 'safer', value: 'command', description: 'what to run instead' },
  ],
  examples: [
    {
      run: "karo guard deny 'kubectl delete*' --why 'use the pipeline'",
      does: 'blocks it in every profile but off',
    },
  ],
  run: async (io, input) => (await import('../../guard/rules.ts')).denyCommand(io, input),
})

const remove = defineCommand({
  name: 'guard remove',
  summary: 'take a rule out of your rules file',
  args: [{ name: 'number', required: true, description: 'as karo guard list shows it' }],
  examples: [{ run: 'karo guard remove 2', does: 'the second of your rules is gone' }],
  run: async (io, input) => (await import('../../guard/rules.ts')).removeRule(io, input),
})

const ask = defineCommand({
  name: 'guard ask',
  summary: 'what a shell asks about a line in its environment; the guard of karo shell init runs it',
  options: [
    {
      name: 'shell',
      value: 'shell',
      description: 'the shell that asks',
      choices: GUARD_SHELLS,
      default: 'bash',
    },
    { name: 'live', description: 'say when it has begun, and when it waits for the person' },
  ],
  examples: [
    {
      run: "KARO_LINE='git push --force' karo guard ask",
      does: 'asks at the terminal, and prints what is to be done',
    },
  ],
  async run(io: CommandIo, input: CommandInput) {
    if (io.env.KARO_LINE === undefined)
      throw new KaroError('bad_request', 'this is what the guard in a shell calls; it is not for typing', {
        where: 'karo guard ask',
        hint: "karo check '<command>' judges one; karo guard shows what is in force.",
      })
    const { askAbout } = await import('../../guard/ask.ts')
    const shell = input.options.shell as (typeof GUARD_SHELLS)[number]
    return askAbout(io, shell, input.options.live === true)
  },
})

export const commands: readonly Command[] = [status, list, allow, deny, remove, ask]
