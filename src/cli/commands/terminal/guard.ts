// karo guard: shows the guard's state, edits a person's own rules, and answers the guard inside shells.
import { GUARD_SHELLS } from '../../../observe/hooks/guard/guard.ts'
import { type Command, type CommandInput, type CommandIo, defineCommand } from '../../command.ts'
import { usage } from '../../usage.ts'

const status = defineCommand({
  name: 'guard',
  summary: 'show the state of the guard: profile, rules files, what it did lately',
  examples: [{ run: 'export KARO_GUARD_PROFILE=strict', does: 'sets another profile for this shell' }],
  run: async (io) => (await import('../../guard/status.ts')).showGuard(io),
})

const list = defineCommand({
  name: 'guard list',
  summary: 'list the rules of your rules file and of the machine',
  run: async (io) => (await import('../../guard/rules.ts')).listRules(io),
})

const cwd = {
  name: 'cwd',
  value: 'dir',
  description: 'only in this directory and below; or a glob',
  completes: 'directory',
} as const

const allow = defineCommand({
  name: 'guard allow',
  summary: 'allow commands that a rule would stop; never for rules of the catastrophic core',
  args: [
    {
      name: 'rule',
      required: true,
      description: 'the id of the rule, which karo check shows',
      completes: 'risk-rule',
    },
  ],
  options: [
    { name: 'command', value: 'glob', description: 'only commands like this: "git push --force * wip/*"' },
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
  summary: 'block commands like this one, also behind sudo, env and the like',
  args: [
    { name: 'command', required: true, description: 'glob over the words of one command: "kubectl delete*"' },
  ],
  options: [
    cwd,
    { name: 'why', value: 'text', description: 'the reason that the guard shows' },
    { name: 'safer', value: 'command', description: 'what to run instead' },
  ],
  examples: [
    {
      run: "karo guard deny 'kubectl delete*' --why 'use the pipeline'",
      does: 'blocks the command in every profile but off',
    },
  ],
  run: async (io, input) => (await import('../../guard/rules.ts')).denyCommand(io, input),
})

const remove = defineCommand({
  name: 'guard remove',
  summary: 'remove a rule from your rules file',
  args: [{ name: 'number', required: true, description: 'the number in karo guard list' }],
  examples: [{ run: 'karo guard remove 2', does: 'removes your second rule' }],
  run: async (io, input) => (await import('../../guard/rules.ts')).removeRule(io, input),
})

const trust = defineCommand({
  name: 'guard trust',
  summary: "let the guard's files count as they are, after something else than Karo changed them",
  examples: [{ run: 'karo guard trust', does: 'after you have edited guard.toml yourself' }],
  run: async (io) => (await import('../../guard/rules.ts')).trustFiles(io),
})

const ask = defineCommand({
  name: 'guard ask',
  summary: 'judge the line in the environment of a shell; the guard of karo shell init runs this',
  options: [
    {
      name: 'shell',
      value: 'shell',
      description: 'the shell that asks',
      choices: GUARD_SHELLS,
      default: 'bash',
    },
  ],
  examples: [
    {
      run: "KARO_LINE='git push --force' karo guard ask",
      does: 'asks at the terminal, and prints what the shell has to do',
    },
  ],
  async run(io: CommandIo, input: CommandInput) {
    if (io.env.KARO_LINE === undefined)
      throw usage(
        'only the guard in a shell calls this command',
        'karo guard ask',
        "karo check '<command>' judges a command; karo guard shows the state of the guard.",
      )
    const { askAbout } = await import('../../guard/ask.ts')
    return askAbout(io, input.options.shell as (typeof GUARD_SHELLS)[number])
  },
})

export const commands: readonly Command[] = [status, list, allow, deny, remove, trust, ask]
