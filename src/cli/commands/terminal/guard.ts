// karo guard: shows the guard's state, edits a person's own rules, and answers the guard inside shells.
import { GUARD_SHELLS } from '../../../observe/hooks/guard/guard.ts'
import { type CommandInput, type CommandIo, defineCommand, usage } from '../../kit.ts'

const rules = () => import('../../guard/rules.ts')

const status = defineCommand('guard', {
  summary: 'show the state of the guard: profile, rules files, what it did lately',
  examples: { 'export KARO_GUARD_PROFILE=strict': 'sets another profile for this shell' },
  run: async (io) => (await import('../../guard/status.ts')).showGuard(io),
})

const list = defineCommand('guard list', {
  summary: 'list the rules of your rules file and of the machine',
  run: async (io) => (await rules()).listRules(io),
})

const cwd = {
  value: 'dir',
  description: 'only in this directory and below; or a glob',
} as const

const allow = defineCommand('guard allow', {
  summary: 'allow commands that a rule would stop; never for rules of the catastrophic core',
  args: {
    rule: {
      description: 'the id of the rule, which karo check shows',
      completes: 'risk-rule',
    },
  },
  options: {
    command: { value: 'glob', description: 'only commands like this: "git push --force * wip/*"' },
    cwd,
    for: { value: 'duration', description: 'how long: 10m, 2h, 7d (default: for good)' },
  },
  examples: {
    'karo guard allow git-force-push --for 2h': 'for the next two hours',
    "karo guard allow git-force-push --command 'git push --force * wip/*'": 'to some branches',
  },
  run: async (io, input) => (await rules()).allowRule(io, input),
})

const deny = defineCommand('guard deny', {
  summary: 'block commands like this one, also behind sudo, env and the like',
  args: {
    command: 'glob over the words of one command: "kubectl delete*"',
  },
  options: {
    cwd,
    why: { value: 'text', description: 'the reason that the guard shows' },
    safer: { value: 'command', description: 'what to run instead' },
  },
  examples: {
    "karo guard deny 'kubectl delete*' --why 'use the pipeline'":
      'blocks the command in every profile but off',
  },
  run: async (io, input) => (await rules()).denyCommand(io, input),
})

const remove = defineCommand('guard remove', {
  summary: 'remove a rule from your rules file',
  args: { number: 'the number in karo guard list' },
  run: async (io, input) => (await rules()).removeRule(io, input),
})

const trust = defineCommand('guard trust', {
  summary: "let the guard's files count as they are, after something else than Karo changed them",
  run: async (io) => (await rules()).trustFiles(io),
})

const ask = defineCommand('guard ask', {
  summary: 'judge the line in the environment of a shell; the guard of karo shell init runs this',
  options: {
    shell: {
      value: 'shell',
      description: 'the shell that asks',
      choices: GUARD_SHELLS,
      default: 'bash',
    },
  },
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

export const commands = [status, list, allow, deny, remove, trust, ask]
