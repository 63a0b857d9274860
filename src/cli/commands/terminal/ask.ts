// karo ask: turns words into a command and shows its risk, without a daemon, an init or a network. Runs nothing.
import { findCommand } from '../../../assist/copilot/ask/answer.ts'
import { openExamples } from '../../../assist/copilot/examples/index.ts'
import type { Answer } from '../../../assist/copilot/types.ts'
import { SHELLS, type Shell } from '../../../assist/risk/index.ts'
import { personHome } from '../../../base/run/person-home.ts'
import { judging } from '../../judging.ts'
import { type CommandIo, defineCommand, EXIT, KaroError, show, usage, workingDirectory } from '../../kit.ts'
import { askedKnowledge, knownTool, maySet } from '../../knowledge.ts'
import { loginShell } from '../../shells/start-files.ts'
import { askLine, canAsk } from '../../terminal/confirm.ts'
import { choicesOf, isChoice, marked, printAnswer } from '../../views/ask.ts'
import { printKnown } from '../../views/knowledge.ts'

/** How many of the person's newest commands are looked through. */
const MOST_OWN = 1_000
/** An answer and its alternatives. */
const MOST_TOLD = 4
/** Longest wait for the daemon, in ms; after that `ask` answers without the person's own commands, and says so. */
const OWN_MS = 400
/** The same where a model is asked, which takes seconds by itself. */
const OWN_FOR_MODEL_MS = 3_000

/** Commands that the person ran before, if a daemon runs. They only help, so an error gives an empty list. */
async function ownCommands(io: CommandIo, deadlineMs: number) {
  try {
    const { getHistory } = await import('../../../api/contract/operations/history.ts')
    const { events } = await io.call(getHistory, { query: { limit: MOST_OWN }, deadlineMs })
    return { commands: events, notes: [] }
  } catch (error) {
    const isLate = error instanceof KaroError && error.code === 'timeout'
    return { commands: [], notes: isLate ? [`Your own commands were not searched: ${error.message}.`] : [] }
  }
}

/** Lets the daemon count the answers that are run. Without one nothing is counted, and that is no error. */
async function tellAnswers(io: CommandIo, { command, placeholders, alternatives }: Answer): Promise<void> {
  if (command === null) return
  const answers = [{ command, placeholders }, ...alternatives]
    .slice(0, MOST_TOLD)
    .map(({ command, placeholders }) => ({ command, placeholders }))
  try {
    const { noteAnswers } = await import('../../../api/contract/operations/history.ts')
    await io.call(noteAnswers, { body: { answers }, deadlineMs: OWN_MS })
  } catch {}
}

async function answer(io: CommandIo, request: string, shell: Shell): Promise<Answer> {
  const knowledge = await askedKnowledge(io)
  const judge = await judging(io, shell)
  // If no model is named, the code that reads TOML and speaks HTTP is not loaded.
  const hasModel =
    Boolean(io.env.KARO_ASK_ENDPOINT || io.env.KARO_ASK_FALLBACKS) ||
    maySet(/endpoint|fallbacks/i, `${io.home}/config.toml`)
  const { commands: own, notes } = await ownCommands(io, hasModel ? OWN_FOR_MODEL_MS : OWN_MS)
  const examples = openExamples(io.home, personHome(io.env) ?? io.home)
  const given = { shell, judge, knowledge, examples, own, cwd: workingDirectory(), notes }
  // Most patterns run once here, and V8 would spend 20 to 30 ms on making their code shorter. The option is set back, because V8
  // refuses compiled code of the program that was kept under other options.
  const { setFlagsFromString } = process.getBuiltinModule('node:v8')
  setFlagsFromString('--no-regexp-peephole-optimization')
  let offline: Answer
  try {
    offline = findCommand(request, given)
  } finally {
    setFlagsFromString('--regexp-peephole-optimization')
  }
  if (!hasModel || offline.confidence === 'sure') return offline
  const model = await (await import('../../ask-model.ts')).modelAnswer(io, { request, shell, own, knowledge })
  return findCommand(request, {
    ...given,
    ...(model?.command !== undefined && { model: { name: model.name, command: model.command } }),
    notes: [...notes, ...(model?.note ? [model.note] : [])],
  })
}

/** A digit takes one of a choice, which is then shown alone. */
async function choose(io: CommandIo, found: Answer): Promise<void> {
  const choices = choicesOf(found)
  const said = await askLine(`1 to ${choices.length}, or Enter for none of them: `)
  const taken = choices[Number(said) - 1]
  if (taken !== undefined)
    io.out(`\n${printAnswer({ ...taken, alternatives: [], nearest: [], notes: [] }, io)}`)
}

const command = defineCommand('ask', {
  summary: 'turn words into a command and show its risk; never runs it',
  args: {
    words: {
      optional: true,
      variadic: true,
      oneThing: true,
      description: 'what to do; names, paths and texts in quotes are put into the command',
    },
  },
  options: {
    shell: {
      value: 'shell',
      description: 'the shell for the command (default: your own)',
      choices: SHELLS,
    },
    line: 'the words are in KARO_LINE; prints the command alone, with {NAME} to fill in; Alt-K does it',
  },
  examples: {
    "karo ask 'files larger than 100 MB in /var'": 'a command that finds them',
    'karo ask tar': 'what is known of the tool: its options, and examples',
    "karo ask --json 'undo the last commit'": 'the command, its risk and others as JSON',
  },
  async run(io, input) {
    const isLine = input.options.line === true
    const request = isLine ? (io.env.KARO_LINE ?? '') : input.args.words.join(' ')
    if (request.trim() === '')
      throw usage(
        'the question is empty',
        'karo ask',
        'Say what to do: karo ask "find files larger than 100 MB"',
      )
    // Such characters would get into the command or hide a part of the request. Joiners are letters of some scripts.
    if (/[^\P{Cc}\t\n\r]|[^\P{Cf}\u200c\u200d]/u.test(request))
      throw usage('the words hold control or invisible characters', 'karo ask')
    const known = isLine ? undefined : await knownTool(io, request)
    if (known !== undefined) return show(io, known, printKnown)
    const shell = input.options.shell ?? SHELLS.find((one) => one === loginShell(io)) ?? 'bash'
    const found = await answer(io, request, shell)
    if (isLine) {
      // Standard error, which stands above the prompt, says how far to trust the answer; standard output has the command alone.
      io.err(printAnswer(found, io))
      if (found.command !== null) io.out(`${marked(found.command, found.placeholders)}\n`)
    } else show(io, found, () => printAnswer(found, io))
    if (!isLine && isChoice(found) && canAsk(io)) await choose(io, found)
    await tellAnswers(io, found)
    return found.command === null ? EXIT.failed : EXIT.done
  },
})

export const commands = [command]
