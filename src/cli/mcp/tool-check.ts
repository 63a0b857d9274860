// Tools about one command: check (may it run?) and explain (what would it do?). They run nothing and need no daemon.
import * as z from 'zod'
import { explainCommand } from '../../assist/copilot/index.ts'
import { type Guard, judge } from '../../assist/guard/index.ts'
import { RISK_LEVELS, type RiskVerdict, SHELLS, type Shell } from '../../assist/risk/index.ts'
import { defineTool, type McpWorld } from './tool.ts'

/** UTF-16 units: longer than any line that is meant to be run. */
const MOST_COMMAND = 100_000
const MOST_PATH = 4096

const command = z.string().min(1).max(MOST_COMMAND).describe('the command line, exactly as it would be run')
const shell = z.enum(SHELLS).default('bash').describe('the shell that runs the command')
const cwd = z
  .string()
  .max(MOST_PATH)
  .regex(/^\//)
  .optional()
  .describe('absolute directory it would run in; default: where this server was started')

const riskLevel = z.enum(RISK_LEVELS)
const decision = z.enum(['allow', 'confirm', 'block'])
const matches = z.array(
  z.looseObject({
    rule: z.string(),
    risk_level: riskLevel,
    why: z.string(),
    span: z.array(z.int()).length(2).describe('UTF-16 offsets [start, end) into the command'),
  }),
)

const ADVICE: Readonly<Record<RiskVerdict['decision'], string>> = {
  allow: 'Karo has nothing against it. Your own permissions still decide.',
  confirm: 'Ask the person first, and tell them why it is risky. Do not run it without their answer.',
  block: 'Do not run this, and do not reach the same by other words. Tell the person why it is blocked.',
}

export const check = defineTool({
  name: 'check',
  title: 'May this command run?',
  description:
    "How risky a shell command is by the rules of this machine's owner, why, and a safer form. Call it before you run a command. It runs nothing.",
  input: z.strictObject({ command, shell, cwd }),
  output: z.looseObject({
    command: z.string(),
    risk_level: riskLevel,
    decision,
    advice: z.string().describe('what you are to do'),
    matches,
    safer: z.string().nullable().describe('a safer form, where there is one'),
    warnings: z.array(z.string()).describe("what is wrong with the owner's rules, which makes them strict"),
  }),
  async run(world, input) {
    const guard = world.guard()
    const { safer = null, ...verdict } = judge(guard, input.command, whereOf(world, guard, input))
    return {
      result: {
        ...verdict,
        advice: ADVICE[verdict.decision],
        matches: [...verdict.matches.map(plain)],
        safer,
        warnings: [...guard.warnings],
      },
    }
  },
})

export const explain = defineTool({
  name: 'explain',
  title: 'What would this command do?',
  description:
    'What each part of a shell command does, from knowledge that is shipped with Karo and the manual pages of this machine, with the findings of its rules. It runs nothing.',
  input: z.strictObject({ command, shell }),
  output: z.looseObject({
    command: z.string(),
    summary: z.string(),
    risk_level: riskLevel,
    decision,
    parts: z.array(z.looseObject({})).describe('a tree: kind, span, text, meaning, source, risks, parts'),
    matches,
    safer: z.string().nullable(),
  }),
  async run(world, input, signal) {
    const guard = world.guard()
    const explained = await explainCommand(input.command, {
      shell: input.shell,
      judge: (text) => judge(guard, text, whereOf(world, guard, input)),
      signal,
    })
    return {
      result: {
        ...explained,
        parts: explained.parts.map((part) => ({ ...part })),
        matches: explained.matches.map(plain),
      },
    }
  },
})

const plain = ({ span, ...match }: RiskVerdict['matches'][number]) => ({ ...match, span: [...span] })

/** A model asks: what it may write is what a tool of its kind may. */
function whereOf(
  { place, machine }: McpWorld,
  guard: Guard,
  { shell, cwd }: { readonly shell: Shell; readonly cwd?: string | undefined },
) {
  const at = { ...place, ...(cwd !== undefined && { cwd }) }
  return { ...at, shell, caller: 'tool' as const, machine: machine(at, guard) }
}
